"""Deletes the old cluster. From here on there is no way back."""

from collections.abc import Callable

from bot.adapters.durable.flow import Flow
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.volumes import reattachment
from bot.migration.workflow import snapshots
from bot.migration.workflow.deletion_checks import check_deletion
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.sub_flow import SubFlow

# Deletes a cluster of Magnum by its `id` and `name`, and waits until it is gone. Raises `Problem`.
DeleteCluster = Callable[[Flow, Json], object]


def delete_source(run: Run, delete_cluster: DeleteCluster) -> None:
    """Delete the source, remove the snapshots, and give the volumes their own reclaim policy again.

    If the migration was paused since everything was checked, it is checked once more before: the evidence is
    never older than a pause.
    """

    def check() -> None:
        if run.check_is_stale:
            check_deletion(run, "recheck after a pause")

    run.begin(Step.DELETE, check)
    source = run.plan.source
    while True:
        try:
            flow = SubFlow(migration=run, prefix="delete", interruptible=False)
            delete_cluster(flow, {"id": source.id, "name": source.name})
            break
        except Problem as problem:
            run.steps.pause(problem)
    handed_over = run.steps.do("hand over", lambda: _hand_over(run))
    removed = handed_over.get("snapshots", {})
    volumes = count(handed_over["volumes"], "volume has its", "volumes have their")
    run.finish(
        f"{source.name} is deleted; {volumes} own reclaim policy again",
        [*([removed["said"]] if removed else []), *removed.get("left", [])],
    )


def _hand_over(run: Run) -> Json:
    with run.ports.connect(run.recorded.target) as target:
        removed = snapshots.remove(run)
        volumes = reattachment.restore_reclaim_policies(target, run.plan.volumes, run.migration)
    return {"volumes": len(volumes), "snapshots": removed}
