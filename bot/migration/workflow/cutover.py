"""The cut-over: the source stops, its disks move, the copies start. Taken back by `returning`.

The picture of the source is recorded before anything is changed, and every change is made to what was
pictured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.copy import startup
from bot.migration.copy.copier import CopyRecord
from bot.migration.copy.writer import existing
from bot.migration.inventory import baseline
from bot.migration.inventory.api_discovery import discover
from bot.migration.objects.manifest import Ref, ref_of
from bot.migration.objects.order import Stage
from bot.migration.objects.target_objects import autoscaled
from bot.migration.planning.plan import AddressRecipe
from bot.migration.proof import readiness, source_record
from bot.migration.source import changes, hooks, quiesce_plan, quiesced
from bot.migration.source.before_image import BeforeImage
from bot.migration.traffic import floating_ips
from bot.migration.traffic.floating_ips import FloatingIpMove
from bot.migration.volumes import reattachment
from bot.migration.workflow import snapshots
from bot.migration.workflow.cluster_views import (
    IMAGES,
    MOVES,
    SEEN,
    VITALS,
    ClusterViews,
    RunState,
    as_json,
    opened,
)
from bot.migration.workflow.failures import refuse_failures
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

STOP_WITHIN = timedelta(minutes=20)  # a pod's grace can be long; nothing is killed to hurry it
FREE_WITHIN = timedelta(
    minutes=20
)  # an attachment of a dead node hangs for long; nothing is detached by force
BIND_WITHIN = timedelta(minutes=5)


class TargetUnfit(Problem):
    """The target is not healthy, so the source is not stopped."""


class NoNeutron(Problem):
    """Addresses are to be kept, and there is no cloud to move them in."""


def quiesce(passage: Run, ground: ProjectPorts, recorded: RunState) -> None:
    """Stop the source: picture, hooks, replicas, wait until nothing runs and its disks are free. Raises
    `RollbackRequested`.

    The step was entered where it was decided.
    """
    found = passage.do("picture", lambda: _pictured(passage, ground, recorded))
    recorded.image, recorded.before = (
        IMAGES.validate_python(found["image"]),
        VITALS.validate_python(found["before"]),
    )
    recorded.moves = MOVES.validate_python(found["moves"])
    recorded.seen = SEEN.validate_python(found["seen"]) if "seen" in found else None
    ran = passage.do("hooks before", lambda: _hooks_before(passage, ground, recorded))
    made = passage.do("stop", lambda: _stopped(passage, ground, recorded))
    passage.wait(
        "wait until it stands still",
        lambda: looking(passage, ground, recorded, _running),
        what="stop",
        within=STOP_WITHIN,
        detail="waiting for pods to end",
    )
    passage.wait(
        "wait for the disks",
        lambda: _not_free(passage, ground, recorded),
        what="become free and have their snapshots",
        within=FREE_WITHIN,
        detail="waiting for disks to be detached, and for their snapshots",
    )
    kept = passage.do("read back", lambda: _retained(passage, ground, recorded))
    said = (
        f"the source stands still: {count(made['changes'], 'change')}, {count(ran['hooks'], 'command')} run"
    )
    passage.leave(said, [kept["said"]] if "said" in kept else [])


def fit(passage: Run, ground: ProjectPorts, recorded: RunState) -> None:
    """The target answers and its driver is healthy. Within a step. Raises `TargetUnfit` or another
    `Problem`.
    """
    passage.tell("looking at the new cluster once more")
    with ground.connect(recorded.target) as target:
        discover(target)
    wrong = ground.driver_problem(recorded.target, str(passage.plan.target.driver))
    if wrong:
        raise TargetUnfit(
            "The new cluster is not fit for the cut-over",
            why=wrong,
            fix="Mend it, then resume; or cancel. Nothing was stopped.",
        )


def _pictured(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        workloads = quiesce_plan.to_quiesce(scene.inventory, scene.exclusions, passage.plan.early)
        before = baseline.measure(scene.inventory, [ref_of(each) for each in workloads])
        moves, looked = (
            _moves(passage, ground),
            source_record.record_source(scene.source, scene.inventory, passage.plan),
        )
        image = quiesce_plan.build_before_image(
            migration=passage.migration,
            workloads=workloads,
            operators=passage.plan.operators,
            volumes=passage.plan.volumes,
            inventory=scene.inventory,
            agreement=scene.agreement,
            keep_addresses=[move.service for move in moves],
        )
    return {
        "image": as_json(IMAGES, image),
        "before": as_json(VITALS, before),
        "moves": as_json(MOVES, moves),
        "seen": as_json(SEEN, looked),
    }


def _moves(passage: Run, ground: ProjectPorts) -> tuple[FloatingIpMove, ...]:
    kept = [each for each in passage.plan.balancers if each.recipe is AddressRecipe.SAME_ADDRESS]
    if not kept:
        return ()
    if ground.addresses is None:
        raise NoNeutron(
            "Addresses are to be kept, and the project has no cloud",
            why="they are moved in Neutron",
            fix="Set `cloud` of the project, then resume.",
        )
    found = [floating_ips.plan_move(each, ground.addresses) for each in kept]
    return tuple(move for move in found if move is not None)


def _hooks_before(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    passage.tell("running commands before the source stops")
    with opened(passage.plan, ground, recorded) as scene:
        ran = hooks.run(scene.source, scene.inventory.of("Pod"), hooks.HookPhase.BEFORE_QUIESCE)
    return {"hooks": len(ran)}


def _stopped(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    passage.tell("scaling to 0 and suspending")
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        made = changes.apply(scene.source, _image(recorded))
    return {"changes": len(made)}


def _image(recorded: RunState) -> BeforeImage:
    if recorded.image is None:
        raise RuntimeError("the source was not pictured")
    return recorded.image


def looking(
    passage: Run, ground: ProjectPorts, recorded: RunState, look: Callable[[ClusterViews], Sequence[str]]
) -> Sequence[str]:
    """What a look at both clusters still waits for."""
    with opened(passage.plan, ground, recorded) as scene:
        return look(scene)


def _running(scene: ClusterViews) -> list[str]:
    return quiesced.still_running(scene.source, scene.surface, scene.plan, _image(scene.recorded))


def _not_free(passage: Run, ground: ProjectPorts, recorded: RunState) -> Sequence[str]:
    return looking(passage, ground, recorded, _attached) or snapshots.taking(passage, ground)


def _attached(scene: ClusterViews) -> list[str]:
    return reattachment.attached(scene.source, scene.plan.volumes, scene.ground.disks)


def _retained(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        reattachment.check_retained(scene.source, passage.plan.volumes)
    return snapshots.taken(passage, ground)


def volumes(passage: Run, ground: ProjectPorts, recorded: RunState) -> None:
    """Attach the disks to the target. Raises `RollbackRequested`."""
    passage.enter(Step.VOLUMES)
    moved = [each for each in passage.plan.volumes if each.moves]

    def attach() -> Json:
        with opened(passage.plan, ground, recorded) as scene:
            claims = {each.claim: scene.forms.final[each.claim] for each in moved}
            passage.flow.fence()
            reattachment.attach(scene.target, passage.plan.volumes, claims, passage.migration)
        return {}

    if moved:
        passage.do("attach", attach)
        passage.wait(
            "wait for claims",
            lambda: looking(
                passage,
                ground,
                recorded,
                lambda scene: reattachment.unbound(scene.target, scene.plan.volumes),
            ),
            what="bind",
            within=BIND_WITHIN,
            detail="waiting for claims to bind",
        )
    passage.leave(f"{count(len(moved), 'volume')} moved")


def start(passage: Run, ground: ProjectPorts, recorded: RunState, ready_within: timedelta) -> None:
    """Let the copies work, operators first, and wait until they do as well as the source did. Raises
    `RollbackRequested`.
    """
    passage.enter(Step.START)
    operators, others = startup.PARTS
    passage.do("start operators", lambda: _started(passage, ground, recorded, operators))
    if passage.plan.operators:
        _wait_ready(
            passage, ground, recorded, ready_within, "wait for operators", frozenset(passage.plan.operators)
        )
    passage.do("start first replicas", lambda: _first(passage, ground, recorded))
    if any(each.moves for each in passage.plan.volumes):
        passage.wait(
            "wait for first replicas",
            lambda: looking(passage, ground, recorded, _first_not_ready),
            what="become ready",
            within=ready_within,
            detail="waiting for the first pod on each disk",
        )
    passage.do("start", lambda: _started(passage, ground, recorded, others))
    _wait_ready(passage, ground, recorded, ready_within, "wait until ready", None)
    ran = passage.do("hooks after", lambda: _hooks_after(passage, ground, recorded))
    ready = sum(each.ready for each in recorded.before.running) if recorded.before else 0
    passage.leave(f"{count(ready, 'pod')} ready in the new cluster, {count(ran['hooks'], 'command')} run")


def _started(passage: Run, ground: ProjectPorts, recorded: RunState, part: tuple[Stage, ...]) -> Json:
    passage.tell("starting in the new cluster")
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        record = startup.start(scene.into, passage.plan, scene.inventory, scene.forms, part)
    return taken(record)


def _first(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        record = startup.first_replicas(scene.into, passage.plan, scene.inventory, scene.forms)
    return taken(record)


def taken(record: CopyRecord) -> Json:
    """How much the new cluster took. Raises `CopyIncomplete`."""
    refuse_failures(
        record,
        "The new cluster did not let start",
        "Mend them in the new cluster, then resume; or roll back.",
    )
    return {"written": len(record.written)}


def _first_not_ready(scene: ClusterViews) -> list[str]:
    """StatefulSets with disks: at least one pod of each that had one."""
    before = scene.recorded.before
    if before is None:
        return []
    claims = {each.claim.namespace for each in scene.plan.volumes if each.moves}
    wanted = [
        each.ref
        for each in before.running
        if each.ref.kind == "StatefulSet" and each.ready and each.ref.namespace in claims
    ]
    now = startup.now(scene.target, scene.into.surface, scene.plan, wanted)
    return [f"{ref}: no pod is ready" for ref in wanted if ref in scene.plan.by_ref and not now.ready(ref)]


def _wait_ready(
    passage: Run,
    ground: ProjectPorts,
    recorded: RunState,
    within: timedelta,
    name: str,
    only: frozenset[Ref] | None,
) -> None:
    passage.wait(
        name,
        lambda: looking(passage, ground, recorded, lambda scene: not_as_ready(scene, only)),
        what="become as ready as on the source",
        within=within,
        detail="waiting for pods to be ready",
        fix="Look at these pods in the new cluster, then resume: I look again. Or roll back.",
    )


def not_as_ready(scene: ClusterViews, only: frozenset[Ref] | None = None) -> list[str]:
    """What does not do as well in the target as it did on the source; load balancers come later."""
    before = scene.recorded.before
    if before is None:
        return []
    planned = frozenset(startup.top_level(scene.inventory, scene.plan.items))
    now = startup.now(scene.target, scene.into.surface, scene.plan, planned)
    meant = [each for each in before.running if each.ref in planned and (only is None or each.ref in only)]
    scaled = autoscaled(scene.inventory.objects.values())
    moved = [each.ref for each in meant if each.ref.kind == "DaemonSet" or each.ref in scaled]
    live = existing(scene.into, moved)
    wanted = {
        each.ref: readiness.ready_pods(each, live.get(each.ref), scaled=each.ref in scaled) for each in meant
    }
    return [
        f"{ref}: {now.ready(ref)} of {ready} pods ready"
        for ref, ready in wanted.items()
        if now.ready(ref) < ready
    ]


def _hooks_after(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        pods = [
            pod
            for name in passage.plan.namespaces
            for pod in scene.target.all_of(f"/api/v1/namespaces/{name}/pods", dict)
        ]
        made = [{**pod, "apiVersion": "v1", "kind": "Pod"} for pod in pods]
        ran = hooks.run(scene.target, made, hooks.HookPhase.AFTER_START)
    return {"hooks": len(ran)}


def pending(scene: ClusterViews) -> list[str]:
    """Changes of the source that do not stand any more: something has started there again."""
    return changes.pending(scene.source, _image(scene.recorded))


def running_on_source(scene: ClusterViews) -> list[str]:
    """Pods of stopped workloads that run on the source."""
    return _running(scene)


def attached_on_source(scene: ClusterViews) -> list[str]:
    """Attachments of the source that hold a disk which moved. Cinder knows them as the target's by now."""
    return reattachment.attached(scene.source, scene.plan.volumes, None)
