"""Copies the workloads into the new cluster without starting them, and rehearses the start in a dry run."""

import functools
from collections import Counter

from bot.common.wording import count
from bot.migration.copy import copier
from bot.migration.copy.copier import CopyProgress
from bot.migration.objects.copy_order import CopyStage
from bot.migration.workflow.cluster_views import InventoryCache
from bot.migration.workflow.failures import check_written
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

FIX = "Mend them in the new cluster or by `mappings` in the configuration, then resume; or cancel."


def copy(run: Run) -> None:
    """Copy the planned objects stage by stage, then ask the target in a dry run whether all may start."""
    run.begin(Step.COPY)
    actions: Counter[str] = Counter()
    # All stages share one reading of the source; what changes meanwhile is found when the drift is checked.
    cache = InventoryCache()
    for stage in CopyStage:
        if any(item.stage is stage for item in run.plan.items):
            copied = run.steps.do(f"copy {stage.title}", functools.partial(_copy_stage, run, stage, cache))
            actions.update(copied["actions"])
    run.steps.do("rehearse", lambda: _rehearse(run, cache))
    numbers = ", ".join(f"{number} {action}" for action, number in sorted(actions.items()))
    run.finish(f"{count(sum(actions.values()), 'object')} in the new cluster ({numbers or 'none'})")


def _copy_stage(run: Run, stage: CopyStage, cache: InventoryCache) -> Json:
    before = sum(item.stage < stage for item in run.plan.items)

    def show(state: CopyProgress) -> None:
        run.progress.show(f"copying {state.stage.title}", done=before + state.done, total=len(run.plan.items))

    with run.clusters(cache) as clusters:
        record = clusters.write(copier.copy, stages=(stage,), on_progress=show)
    check_written(record, what="The new cluster did not take", fix=FIX)
    return {"actions": dict(Counter(str(written_object.action) for written_object in record.written))}


def _rehearse(run: Run, cache: InventoryCache) -> Json:
    run.progress.show("asking the new cluster whether everything may start")
    with run.clusters(cache) as clusters:
        record = clusters.write(copier.rehearse)
    check_written(record, what="The new cluster would not let start", fix=FIX)
    return {"asked": len(record.written)}
