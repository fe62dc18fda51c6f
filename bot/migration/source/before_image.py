"""A change to one object of the source, with the patch that takes it back: the before-image.

The image is worked out and recorded before anything is changed, so that a crash at any moment leaves a record
of how things were. It holds the changed fields only, none of which can be a Secret's.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from bot.migration.objects.manifest import Object, Ref, ref_of, uid_of
from bot.migration.objects.merge_patch import inverse


class ChangePhase(enum.StrEnum):
    """When a change is made; they are taken back in the opposite order."""

    RETAIN = "retain"  # volumes are kept whatever happens to their claims
    SUSPEND = "suspend"  # CronJobs and Jobs
    OPERATORS = "operators"  # scaled to 0 first, or they would undo the rest
    SCALE = "scale"
    ADDRESS = "address"  # floating IPs outlive their Services


ORDER = tuple(ChangePhase)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceChange:
    """One change. `patch` and `restore` are JSON merge patches; `path` is the object's in the source's
    API.
    """

    phase: ChangePhase
    ref: Ref
    uid: str
    path: str
    what: str  # one line for people: `3 replicas → 0`
    patch: Mapping[str, Any]
    restore: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BeforeImage:
    """Every change that a cut-over makes to the source. JSON all through; stored by the workflow."""

    migration: str
    changes: tuple[SourceChange, ...] = ()

    def of(self, ref: Ref) -> list[SourceChange]:
        """The changes of one object."""
        return [change for change in self.changes if change.ref == ref]

    def before(self, obj: Object) -> Object:
        """An object of the source as it was before it was changed; `obj` may be from before or after."""
        from bot.migration.objects.merge_patch import holds, merged

        for change in reversed(self.of(ref_of(obj))):
            if change.uid == uid_of(obj) and holds(obj, change.patch):
                obj = merged(obj, change.restore)
        return obj


def change(phase: ChangePhase, obj: Object, path: str, patch: Mapping[str, Any], what: str) -> SourceChange:
    """A change to an object as it is now, with its way back."""
    return SourceChange(
        phase=phase,
        ref=ref_of(obj),
        uid=uid_of(obj),
        path=path,
        what=what,
        patch=patch,
        restore=inverse(obj, dict(patch)),
    )
