"""The roll-back: the source is restored from its before-image, and the new cluster emptied or removed.

Before the cut-over nothing of the source has to be restored. Afterwards traffic and disks go back first, then
the source starts, and only then the copies are removed, so that the outage is as short as it can be. A
problem pauses the roll-back like any step, and it is tried again.
"""

from datetime import timedelta

from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.migration.copy import removal, startup
from bot.migration.inventory import baseline
from bot.migration.objects.fields import MIGRATION
from bot.migration.source import changes
from bot.migration.source.changes import ChangeStatus
from bot.migration.traffic import floating_ips
from bot.migration.volumes import reattachment
from bot.migration.workflow import snapshots
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import RollbackRequested, Signal
from bot.migration.workflow.step import is_past_cutover
from bot.migration.workflow.step_runner import Wait
from bot.migration.workflow.steps.deploy import remove_built
from storage.cluster_migrations import BACK

FREED = Wait(
    name="wait for the copies",
    what="stop and free their disks",
    within=timedelta(minutes=20),
    detail="waiting until the new cluster lets the disks go",
)
READY = Wait(
    name="wait for the source",
    what="become ready again on the source",
    within=timedelta(minutes=30),
    detail="waiting for the source's pods",
    fix="Look at these pods of the old cluster, then resume: I look again.",
)
REMOVED = Wait(
    name="remove the copies",
    what="go",
    within=timedelta(minutes=20),
    detail=f"removing what has the label {MIGRATION}",
)


def roll_back(run: Run, request: RollbackRequested, order: ClusterOrder | None) -> list[str]:
    """Take the migration back, and return what was done, in words.

    `order` is that of the new cluster, if this migration had it built. After a cancellation that cluster is
    removed; after a roll-back it stays, without the copies, unless it was not complete yet.
    """
    run.position.rolling_back = True
    run.steps.do("turn back", lambda: _begin(run, request))
    result: list[str] = []
    if is_past_cutover(run.position.step) and run.recorded.source is not None:
        result += _restore_source(run)
    incomplete = not run.recorded.target
    if order is not None and (request.signal is Signal.CANCEL or incomplete):
        removed = remove_built(run, order.name)
        result.append(f"the new cluster {order.name} is removed" if removed else "no new cluster was built")
    elif not incomplete:
        result.append(_empty_target(run))
    return result or ["nothing had been changed"]


def _begin(run: Run, request: RollbackRequested) -> Json:
    signal, by = str(request.signal), request.by
    run.progress.store(state=BACK, waits="")
    run.progress.note(f"back:{signal}", {"what": signal, "by": by, "said": f"{signal} by {by}"})
    return {}


def _restore_source(run: Run) -> list[str]:
    run.steps.do("addresses back", lambda: _switch_addresses_back(run))
    run.steps.do("stop the copies", lambda: _stop_copies(run))
    run.steps.wait(FREED, lambda: run.look(_copies_in_use))
    run.steps.do("detach", lambda: _detach_volumes(run))
    restored = run.steps.do("restore", lambda: _revert_changes(run))
    result = [f"the source is as it was: {restored['restored']} changes taken back"]
    result += [f"not restored, because somebody changed it since: {line}" for line in restored["changed"]]
    result += restored.get("snapshots", [])
    run.steps.wait(READY, lambda: run.look(_source_not_ready))
    return result


def _switch_addresses_back(run: Run) -> Json:
    run.progress.show("giving addresses back")
    moves, neutron = run.recorded.quiesced.moves, run.ports.floating_ips
    if neutron is not None:
        for move in moves:
            run.flow.fence()
            floating_ips.switch_back(move, neutron)
    return {"moves": len(moves)}


def _stop_copies(run: Run) -> Json:
    run.progress.show("stopping the copies")
    with run.clusters() as clusters:
        run.flow.fence()
        clusters.write(removal.stop)
    return {}


def _copies_in_use(clusters: ClusterViews) -> list[str]:
    """Name copies that still run in the target, and disks that are still attached there."""
    plan = clusters.plan
    stopped = [
        ref
        for ref in startup.top_level(clusters.inventory, plan.items)
        if ref.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
        and ref.short not in plan.early
    ]
    volumes = reattachment.reattached_volumes(clusters.target, plan.volumes, plan.migration)
    now = startup.current_baseline(clusters.target, clusters.writer.surface, plan, stopped)
    running = [f"{copy.ref} still runs in the new cluster" for copy in now.running if copy.ready]
    return [*running, *reattachment.still_attached(clusters.target, volumes, clusters.ports.block_storage)]


def _detach_volumes(run: Run) -> Json:
    with run.ports.connect(run.recorded.target) as target:
        run.flow.fence()
        return {"gone": len(reattachment.detach(target, run.plan.volumes, run.migration))}


def _revert_changes(run: Run) -> Json:
    run.progress.show("restoring the source")
    with run.clusters() as clusters:
        run.flow.fence()
        reverted = changes.revert(clusters.source, run.recorded.quiesced.image)
    restored, foreign = (ChangeStatus.DONE, ChangeStatus.ALREADY), (ChangeStatus.CHANGED, ChangeStatus.GONE)
    return {
        "restored": sum(change.state in restored for change in reverted),
        "changed": [f"{change.ref} ({change.what})" for change in reverted if change.state in foreign],
        "snapshots": snapshots.note_kept(run),
    }


def _source_not_ready(clusters: ClusterViews) -> list[str]:
    """Name the workloads of the source with fewer ready pods than before. Jobs end by themselves."""
    before, ended = clusters.recorded.quiesced.baseline, ("Job", "CronJob")
    workloads = [workload.ref for workload in before.running if workload.ref.kind not in ended]
    now = startup.current_baseline(clusters.source, clusters.source_apis, clusters.plan, workloads)
    return [
        line
        for line in baseline.regressions(before, now)
        if "pods ready" in line and line.partition(" ")[0] not in ended
    ]


def _empty_target(run: Run) -> str:
    """Remove the copies by their label, until none is left but what is kept on purpose."""

    def remaining() -> list[str]:
        with run.clusters() as clusters:
            run.flow.fence()
            objects = removal.remove_all(clusters.target, clusters.writer.surface, run.migration)
        return [str(removed.ref) for removed in objects if removed.removal != "kept"]

    run.steps.wait(REMOVED, remaining)
    return f"the copies are removed from {run.plan.target.name}"
