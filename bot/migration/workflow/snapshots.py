"""Snapshots in the way of a migration: taken when the source stands still, removed with the old cluster, told
on the
way back.

They stand within steps that were there before them, so that what an older version began goes on with the same
steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.volumes import snapshots
from bot.migration.workflow.failures import WriteConflict
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.report import SNAPSHOTS
from bot.migration.workflow.run import Run


class NotYetTaken(WriteConflict):
    """Snapshots are on their way."""


def _moves(passage: Run) -> bool:
    return any(each.moves for each in passage.plan.volumes)


def taking(passage: Run, ground: ProjectPorts) -> list[str]:
    """Have them taken; what is waited for. Within a step, when the disks are free. Raises
    `SnapshotFailed`.
    """
    if not _moves(passage) or not ground.takes_snapshots or ground.disks is None:
        return []
    return snapshots.take(passage.plan.volumes, ground.disks, passage.migration, passage.flow.fence)


def taken(passage: Run, ground: ProjectPorts) -> Json:
    """Note which there are, or why there are none; returned as it is recorded. Within a step. Raises
    `NotYetTaken`.
    """
    waits = taking(passage, ground)
    if waits:
        raise NotYetTaken("Snapshots are not there yet", why=", ".join(waits), fix="Resume: I look again.")
    if not _moves(passage):
        return {}
    if ground.disks is None or not ground.takes_snapshots:
        why = "the project has no cloud" if ground.disks is None else "`migration.snapshots` is off"
        said, lines = f"no snapshots of the disks: {why}", []
    else:
        found = snapshots.list_kept(passage.plan.volumes, ground.disks, passage.migration)
        said, lines = (
            f"{count(len(found), 'snapshot')} of the disks before the cut-over",
            [each.line for each in found],
        )
    _note(passage, "taken", said, lines)
    return {"said": said, "count": len(lines)}


def removed(passage: Run, ground: ProjectPorts) -> Json:
    """Remove them: the disks are the new cluster's now. What stays is named. Within a step. Raises
    `CloudServiceError`.
    """
    if not _moves(passage) or ground.disks is None:
        return {}
    gone, left = snapshots.remove(passage.plan.volumes, ground.disks, passage.migration, passage.flow.fence)
    if not gone and not left:
        return {}
    said = f"{count(gone, 'snapshot')} of the disks removed"
    _note(passage, "removed", said, [each.line for each in left])
    return {"said": said, "left": snapshots.removal_lines(left)}


def left(passage: Run, ground: ProjectPorts) -> list[str]:
    """That they stay, in words, with the command that removes them. Within a step; never stands in the
    way back.
    """
    try:
        disks = ground.disks if _moves(passage) else None
        found = (
            snapshots.list_kept(passage.plan.volumes, disks, passage.migration) if disks is not None else ()
        )
    except Problem as error:
        return [
            f"snapshots named xk8s-{passage.migration}-… may be left in Cinder, which did not answer:"
            f" {error.why or error.what}"
        ]
    if found:
        _note(
            passage,
            "kept",
            f"{count(len(found), 'snapshot')} of the disks kept",
            [each.line for each in found],
        )
    return snapshots.removal_lines(found)


def _note(passage: Run, name: str, said: str, lines: Sequence[str]) -> None:
    passage.note(
        f"{SNAPSHOTS}:{name}",
        {"what": SNAPSHOTS, "step": str(passage.step), "said": said, "lines": list(lines)},
    )
