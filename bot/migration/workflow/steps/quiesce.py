"""Stops the workloads of the source. From here on only a roll-back restores it.

The before-image is recorded before anything is changed, and exactly the changes that it names are made.
"""

from datetime import timedelta

from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.inventory import baseline
from bot.migration.objects.fields import ref_of
from bot.migration.planning.plan import AddressRecipe
from bot.migration.proof import source_record
from bot.migration.source import changes, hooks, quiesce_plan, quiesced
from bot.migration.traffic import floating_ips
from bot.migration.traffic.floating_ips import FloatingIpMove
from bot.migration.volumes import reattachment
from bot.migration.workflow import snapshots, source_drift
from bot.migration.workflow.cluster_views import ClusterViews, SourceState
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait

# A pod's grace period can be long; nothing is killed to hurry it.
STOPPED = Wait(
    name="wait until it stands still",
    what="stop",
    within=timedelta(minutes=20),
    detail="waiting for pods to end",
)
# An attachment of a dead node hangs for long; nothing is detached by force.
FREED = Wait(
    name="wait for the disks",
    what="become free and have their snapshots",
    within=timedelta(minutes=20),
    detail="waiting for disks to be detached, and for their snapshots",
)


class NoNeutron(Problem):
    """Floating IPs are to move, and the project has no cloud in which to move them."""


def begin(run: Run) -> Problem | None:
    """Enter the step, unless the source has changed since it was checked before a pause.

    Returns what has changed: with stale copies nothing may be stopped.
    """

    def check() -> Json | None:
        drift = source_drift.look(run) if run.check_is_stale else {}
        return drift if source_drift.problem(drift) is not None else None

    return source_drift.problem(run.begin(Step.QUIESCE, check) or {})


def quiesce(run: Run) -> None:
    """Record the before-image, run the hooks, stop the workloads, and wait until the disks are free."""
    run.recorded.source = SourceState.from_json(run.steps.do("picture", lambda: _record_source(run)))
    ran = run.steps.do("hooks before", lambda: _run_hooks(run))
    stopped = run.steps.do("stop", lambda: _stop(run))
    run.steps.wait(STOPPED, lambda: run.look(still_running))
    run.steps.wait(FREED, lambda: _not_free(run))
    snapshot_note = run.steps.do("read back", lambda: _check_retained(run)).get("said")
    result = f"{count(stopped['changes'], 'change')}, {count(ran['hooks'], 'command')} run"
    run.finish(f"the source stands still: {result}", [snapshot_note] if snapshot_note else [])


def _record_source(run: Run) -> Json:
    plan = run.plan
    with run.clusters() as clusters:
        inventory = clusters.inventory
        workloads = quiesce_plan.workloads_to_quiesce(inventory, clusters.exclusions, plan.early)
        measured = baseline.measure(inventory, [ref_of(workload) for workload in workloads])
        moves = _plan_moves(run)
        record = source_record.record_source(clusters.source, inventory, plan)
        image = quiesce_plan.build_before_image(
            migration=run.migration,
            workloads=workloads,
            operators=plan.operators,
            volumes=plan.volumes,
            inventory=inventory,
            common_apis=clusters.common_apis,
            keep_addresses=[move.service for move in moves],
        )
    return SourceState(image=image, baseline=measured, moves=moves, record=record).to_json()


def _plan_moves(run: Run) -> tuple[FloatingIpMove, ...]:
    balancers = [balancer for balancer in run.plan.balancers if balancer.recipe is AddressRecipe.SAME_ADDRESS]
    if not balancers:
        return ()
    neutron = run.ports.floating_ips
    if neutron is None:
        raise NoNeutron(
            "Addresses are to be kept, and the project has no cloud",
            why="they are moved in Neutron",
            fix="Set `cloud` of the project, then resume.",
        )
    moves = [floating_ips.plan_move(balancer, neutron) for balancer in balancers]
    return tuple(move for move in moves if move is not None)


def _run_hooks(run: Run) -> Json:
    run.progress.show("running commands before the source stops")
    with run.clusters() as clusters:
        ran = hooks.run(clusters.source, clusters.inventory.of("Pod"), hooks.HookPhase.BEFORE_QUIESCE)
    return {"hooks": len(ran)}


def _stop(run: Run) -> Json:
    run.progress.show("scaling to 0 and suspending")
    with run.clusters() as clusters:
        run.flow.fence()
        applied = changes.apply(clusters.source, run.recorded.quiesced.image)
    return {"changes": len(applied)}


def still_running(clusters: ClusterViews) -> list[str]:
    """Name the pods of stopped workloads that run on the source."""
    image = clusters.recorded.quiesced.image
    return quiesced.still_running(clusters.source, clusters.source_apis, clusters.plan, image)


def _not_free(run: Run) -> list[str]:
    """Name the disks that are attached on the source; once none is, the snapshots that are not there yet."""
    with run.clusters() as clusters:
        attached = reattachment.still_attached(clusters.source, run.plan.volumes, run.ports.block_storage)
    return attached or snapshots.take(run)


def _check_retained(run: Run) -> Json:
    """Check that no PersistentVolume of the source deletes its disk, and note the snapshots."""
    with run.clusters() as clusters:
        reattachment.check_retained(clusters.source, run.plan.volumes)
    return snapshots.note_taken(run)
