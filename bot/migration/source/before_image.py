"""The before-image: every change to the source, each with the patch that reverts it.

The image is computed and recorded before anything is changed, so that a crash at any moment leaves a record
of how things were. It has the changed fields only, none of which can be a Secret's.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from bot.migration.objects.fields import Object, Ref, ref_of, uid_of
from bot.migration.objects.merge_patch import inverse, is_applied, merged


class ChangePhase(enum.StrEnum):
    """When a change is applied; changes are reverted in the opposite order."""

    RETAIN = "retain"  # volumes are kept whatever happens to their claims
    SUSPEND = "suspend"  # CronJobs and Jobs
    OPERATORS = "operators"  # scaled to 0 first, or they would undo the rest
    SCALE = "scale"
    ADDRESS = "address"  # floating IPs outlive their Services


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceChange:
    """One change to one object of the source.

    `patch` and `restore` are JSON merge patches, `path` is the object's in the source's API, and `what` is a
    line for people such as `3 replicas → 0`.
    """

    phase: ChangePhase
    ref: Ref
    uid: str
    path: str
    what: str
    patch: Mapping[str, Any]
    restore: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BeforeImage:
    """Every change that a cut-over makes to the source. JSON all through; stored by the workflow."""

    migration: str
    changes: tuple[SourceChange, ...] = ()

    def before(self, obj: Object) -> Object:
        """Return an object of the source as it was before it was changed.

        `obj` may be from before or after the changes: only those in effect are reverted.
        """
        for change in reversed(self.changes):
            if change.ref == ref_of(obj) and change.uid == uid_of(obj) and is_applied(obj, change.patch):
                obj = merged(obj, change.restore)
        return obj


def source_change(
    obj: Object, *, phase: ChangePhase, path: str, patch: Mapping[str, Any], what: str
) -> SourceChange:
    """Return a change to an object as it was read, with the patch that reverts it."""
    restore = inverse(obj, dict(patch))
    ref, uid = ref_of(obj), uid_of(obj)
    return SourceChange(phase=phase, ref=ref, uid=uid, path=path, what=what, patch=patch, restore=restore)
