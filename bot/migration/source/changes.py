"""Makes the changes of a before-image, and takes them back. Both may be repeated.

A change is made only to the very object that was pictured (its uid), and taken back only where it still
stands: what somebody else has changed since is not overwritten but named.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.adapters.kube import writes
from bot.adapters.kube.client import Kube
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.objects.manifest import Object, Ref, uid_of
from bot.migration.objects.merge_patch import holds
from bot.migration.source.before_image import ORDER, BeforeImage, ChangePhase, SourceChange


class SourceChanged(Problem):
    """Somebody changed on the source what a migration had changed, or removed it."""


class ChangeStatus(enum.StrEnum):
    """What became of one change."""

    DONE = "done"
    ALREADY = "already so"
    GONE = "gone"  # the object is no longer there, or is another one of that name
    CHANGED = "changed by somebody"  # neither as it was nor as we left it


@dataclasses.dataclass(frozen=True, kw_only=True)
class AppliedChange:
    """One change that was made or taken back."""

    ref: Ref
    phase: ChangePhase
    what: str
    state: ChangeStatus


def apply(kube: Kube, image: BeforeImage, phases: Iterable[ChangePhase] = ORDER) -> tuple[AppliedChange, ...]:
    """Make the changes of some phases, phase by phase. Raises `SourceChanged` if an object is gone;
    `KubeError`.
    """
    done: list[AppliedChange] = []
    for phase in [each for each in ORDER if each in set(phases)]:
        done += _all(image, phase, lambda change: _make(kube, change))
    lost = [
        each for each in done if each.state is ChangeStatus.GONE and each.ref.kind != "Job"
    ]  # a Job may end and go
    if lost:
        raise SourceChanged(
            f"{count(len(lost), 'object')} of the source gone or made anew",
            why=", ".join(str(each.ref) for each in lost[:5]),
            fix="Cancel the migration and plan it again.",
        )
    return tuple(done)


def revert(
    kube: Kube, image: BeforeImage, phases: Iterable[ChangePhase] = ORDER
) -> tuple[AppliedChange, ...]:
    """Restore the source from the image, the last phase first. What somebody changed since is left and
    reported.
    """
    done: list[AppliedChange] = []
    for phase in [each for each in reversed(ORDER) if each in set(phases)]:
        done += _all(image, phase, lambda change: _take_back(kube, change))
    return tuple(done)


def pending(kube: Kube, image: BeforeImage) -> list[str]:
    """Changes that do not stand (any more): an autoscaler or an operator may have undone one. Raises
    `KubeError`.
    """
    return [
        f"{change.ref}: {change.what}"
        for change in image.changes
        if (live := writes.read(kube, change.path)) is None or not holds(live, change.patch)
    ]


def _all(
    image: BeforeImage, phase: ChangePhase, do: Callable[[SourceChange], AppliedChange]
) -> list[AppliedChange]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="source") as pool:
        return list(pool.map(do, [change for change in image.changes if change.phase is phase]))


def _make(kube: Kube, change: SourceChange) -> AppliedChange:
    live = writes.read(kube, change.path)
    if live is None or uid_of(live) != change.uid:
        return _told(change, ChangeStatus.GONE)
    if holds(live, change.patch):
        return _told(change, ChangeStatus.ALREADY)
    _send(kube, change, change.patch)
    return _told(change, ChangeStatus.DONE)


def _take_back(kube: Kube, change: SourceChange) -> AppliedChange:
    live = writes.read(kube, change.path)
    if live is None or uid_of(live) != change.uid:
        return _told(change, ChangeStatus.GONE)
    if _restored(live, change):
        return _told(change, ChangeStatus.ALREADY)
    if not holds(live, change.patch):
        return _told(change, ChangeStatus.CHANGED)
    _send(kube, change, change.restore)
    return _told(change, ChangeStatus.DONE)


def _restored(live: Object, change: SourceChange) -> bool:
    return holds(live, change.restore)


def _send(kube: Kube, change: SourceChange, patch: Mapping[str, Any]) -> None:
    """With the uid in the patch: the API server refuses it for another object of that name."""
    metadata = {**patch.get("metadata", {}), "uid": change.uid}
    writes.patch(kube, change.path, {**patch, "metadata": metadata}, doing=f"change {change.ref}")


def _told(change: SourceChange, state: ChangeStatus) -> AppliedChange:
    return AppliedChange(ref=change.ref, phase=change.phase, what=change.what, state=state)
