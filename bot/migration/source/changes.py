"""Applies the changes of a before-image to the source, and reverts them. Both are idempotent.

A change is applied only to the very object of the image (its uid), and reverted only while it is still in
effect: what somebody else has changed since is not overwritten but reported.
"""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.adapters.kube import writes
from bot.adapters.kube.client import KubeClient
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.objects.fields import Ref, uid_of
from bot.migration.objects.merge_patch import is_applied
from bot.migration.source.before_image import BeforeImage, ChangePhase, SourceChange

NAMED = 5


class SourceChanged(Problem):
    """Somebody changed on the source what a migration had changed, or removed it."""


class ChangeStatus(enum.StrEnum):
    """What became of one change."""

    DONE = "done"
    ALREADY = "already so"
    GONE = "gone"  # the object is no longer there, or is another one of that name
    CHANGED = "changed by somebody"  # neither as it was nor as the migration left it


@dataclasses.dataclass(frozen=True, kw_only=True)
class AppliedChange:
    """One change that was applied or reverted, and what became of it."""

    ref: Ref
    phase: ChangePhase
    what: str
    state: ChangeStatus


def apply(kube: KubeClient, image: BeforeImage) -> tuple[AppliedChange, ...]:
    """Apply the changes, phase by phase. Raises `KubeError`.

    Raises `SourceChanged` if an object is gone or replaced, unless it is a Job, which may end and go.
    """
    applied = [
        change
        for phase in ChangePhase
        for change in _for_each_change(image, phase, lambda change: _apply_one(kube, change))
    ]
    lost = [change for change in applied if change.state is ChangeStatus.GONE and change.ref.kind != "Job"]
    if lost:
        raise SourceChanged(
            f"{count(len(lost), 'object')} of the source gone or made anew",
            why=", ".join(str(change.ref) for change in lost[:NAMED]),
            fix="Cancel the migration and plan it again.",
        )
    return tuple(applied)


def revert(kube: KubeClient, image: BeforeImage) -> tuple[AppliedChange, ...]:
    """Revert the changes, the last phase first; what others changed since is left alone.

    Raises `KubeError`.
    """
    return tuple(
        change
        for phase in reversed(ChangePhase)
        for change in _for_each_change(image, phase, lambda change: _revert_one(kube, change))
    )


def not_in_effect(kube: KubeClient, image: BeforeImage) -> list[str]:
    """Return a line for each change that is not in effect: an autoscaler or operator may have undone it.

    Raises `KubeError`.
    """
    return [
        f"{change.ref}: {change.what}"
        for change in image.changes
        if (live := writes.read(kube, change.path)) is None or not is_applied(live, change.patch)
    ]


def _for_each_change(
    image: BeforeImage, phase: ChangePhase, action: Callable[[SourceChange], ChangeStatus]
) -> list[AppliedChange]:
    changes = [change for change in image.changes if change.phase is phase]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="source") as pool:
        return [
            AppliedChange(ref=change.ref, phase=phase, what=change.what, state=state)
            for change, state in zip(changes, pool.map(action, changes), strict=True)
        ]


def _apply_one(kube: KubeClient, change: SourceChange) -> ChangeStatus:
    live = writes.read(kube, change.path)
    if live is None or uid_of(live) != change.uid:
        return ChangeStatus.GONE
    if is_applied(live, change.patch):
        return ChangeStatus.ALREADY
    _patch(kube, change, change.patch)
    return ChangeStatus.DONE


def _revert_one(kube: KubeClient, change: SourceChange) -> ChangeStatus:
    live = writes.read(kube, change.path)
    if live is None or uid_of(live) != change.uid:
        return ChangeStatus.GONE
    if is_applied(live, change.restore):
        return ChangeStatus.ALREADY
    if not is_applied(live, change.patch):
        return ChangeStatus.CHANGED
    _patch(kube, change, change.restore)
    return ChangeStatus.DONE


def _patch(kube: KubeClient, change: SourceChange, patch: Mapping[str, Any]) -> None:
    """Send a patch with the uid in it: the API server refuses it for another object of that name."""
    metadata = {**patch.get("metadata", {}), "uid": change.uid}
    writes.patch(kube, change.path, {**patch, "metadata": metadata}, doing=f"change {change.ref}")
