"""Snapshots of the disks that move: taken once the source stands still, removed with the old cluster.

A roll-back keeps them and says how to remove them. Snapshots have no steps of their own: they are taken and
removed within steps that earlier versions have too, so that a migration which such a version began can go on.
"""

from collections.abc import Sequence

from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.volumes import snapshots
from bot.migration.volumes.snapshots import KeptSnapshot, SnapshotApi
from bot.migration.workflow.failures import WriteConflict
from bot.migration.workflow.ports import Json
from bot.migration.workflow.report import SNAPSHOTS
from bot.migration.workflow.run import Run


class SnapshotsPending(WriteConflict):
    """Snapshots were ordered and are not there yet."""


def take(run: Run) -> list[str]:
    """Have the missing snapshots taken, and return those that are waited for.

    Belongs within a step, once the disks are free. Raises `SnapshotFailed`.
    """
    storage = _storage(run)
    if storage is None or not run.ports.takes_snapshots:
        return []
    return snapshots.ensure_snapshots(run.plan.volumes, storage, run.migration, run.flow.fence)


def note_taken(run: Run) -> Json:
    """Note which snapshots there are, or why there are none. Belongs within a step.

    Returns what is recorded: nothing if no disk moves. Raises `SnapshotsPending`.
    """
    waits = take(run)
    if waits:
        why = ", ".join(waits)
        raise SnapshotsPending("Snapshots are not there yet", why=why, fix="Resume: I look again.")
    if not any(volume.moves for volume in run.plan.volumes):
        return {}
    storage, lines = run.ports.block_storage, []
    if storage is None:
        result = "no snapshots of the disks: the project has no cloud"
    elif not run.ports.takes_snapshots:
        result = "no snapshots of the disks: `migration.snapshots` is off"
    else:
        available = snapshots.list_snapshots(run.plan.volumes, storage, run.migration)
        result = f"{count(len(available), 'snapshot')} of the disks before the cut-over"
        lines = [snapshot.line for snapshot in available]
    _note(run, "taken", result, lines)
    return {"said": result, "count": len(lines)}


def remove(run: Run) -> Json:
    """Remove the snapshots, because the disks are the new cluster's now. Belongs within a step.

    Returns what is recorded, which names those that could not be removed. Raises `CloudServiceError`.
    """
    storage = _storage(run)
    if storage is None:
        return {}
    removed, remaining = snapshots.delete_snapshots(run.plan.volumes, storage, run.migration, run.flow.fence)
    if not removed and not remaining:
        return {}
    result = f"{count(removed, 'snapshot')} of the disks removed"
    _note(run, "removed", result, [snapshot.line for snapshot in remaining])
    return {"said": result, "left": snapshots.removal_lines(remaining)}


def note_kept(run: Run) -> list[str]:
    """Note that the snapshots stay, and say how to remove them. Belongs within a step.

    It never stands in the way of a roll-back: where Cinder does not answer, that is what is said.
    """
    remaining: tuple[KeptSnapshot, ...] = ()
    try:
        storage = _storage(run)
        if storage is not None:
            remaining = snapshots.list_snapshots(run.plan.volumes, storage, run.migration)
    except Problem as problem:
        return [
            f"snapshots named xk8s-{run.migration}-… may be left in Cinder, which did not answer:"
            f" {problem.why or problem.what}"
        ]
    if remaining:
        result = f"{count(len(remaining), 'snapshot')} of the disks kept"
        _note(run, "kept", result, [snapshot.line for snapshot in remaining])
    return snapshots.removal_lines(remaining)


def _storage(run: Run) -> SnapshotApi | None:
    """The Cinder of the disks that move; None if none does, or the project has no cloud."""
    return run.ports.block_storage if any(volume.moves for volume in run.plan.volumes) else None


def _note(run: Run, name: str, result: str, lines: Sequence[str]) -> None:
    event = {"what": SNAPSHOTS, "step": str(run.position.step), "said": result, "lines": list(lines)}
    run.progress.note(f"{SNAPSHOTS}:{name}", event)
