"""The ways back: the source as it was, from its before-image; and the new cluster emptied, or removed if it
was ours.

Before the source was touched nothing has to be restored. Afterwards the traffic and the disks go back first,
then the source starts, and only then the copies are removed, so that the outage is as short as it can be.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.migration.copy import removal, startup
from bot.migration.inventory import baseline
from bot.migration.objects.manifest import MIGRATION
from bot.migration.source import changes
from bot.migration.source.before_image import BeforeImage
from bot.migration.source.changes import ChangeStatus
from bot.migration.traffic import floating_ips
from bot.migration.volumes import reattachment
from bot.migration.workflow import snapshots
from bot.migration.workflow.cluster_views import ClusterViews, RunState, opened
from bot.migration.workflow.deploy import remove_ours
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.run import RollbackRequested, Run
from bot.migration.workflow.step import Signal, is_past_cutover
from storage.cluster_migrations import BACK

STOP_WITHIN = timedelta(minutes=20)
READY_WITHIN = timedelta(minutes=30)
REMOVE_WITHIN = timedelta(minutes=20)


def roll_back(
    passage: Run,
    ground: ProjectPorts,
    recorded: RunState,
    turn: RollbackRequested,
    order: ClusterOrder | None,
) -> list[str]:
    """Go back as was wanted; returns what was done, in words. A problem on the way pauses, and is tried
    again.
    """
    passage.back = True

    def begin() -> Json:
        passage.register.stands(passage.migration, state=BACK, waits="")
        passage.note(
            f"back:{turn.word}", {"what": str(turn.word), "by": turn.by, "said": f"{turn.word} by {turn.by}"}
        )
        return {}

    passage.do("turn back", begin)
    said: list[str] = []
    if is_past_cutover(passage.step) and recorded.image is not None:
        said += _restored(passage, ground, recorded)
    if order is not None and (
        turn.word is Signal.CANCEL or not recorded.target
    ):  # half built, it is of no use to anybody
        gone = remove_ours(passage, ground, order.name)
        said.append(f"the new cluster {order.name} is removed" if gone else "no new cluster was built")
    elif recorded.target:
        said += _emptied(passage, ground, recorded)
    return said or ["nothing had been changed"]


def _restored(passage: Run, ground: ProjectPorts, recorded: RunState) -> list[str]:
    image = recorded.image or BeforeImage(migration=passage.migration)
    passage.do("addresses back", lambda: _addresses_back(passage, ground, recorded))
    passage.do("stop the copies", lambda: _copies_stopped(passage, ground, recorded))
    passage.wait(
        "wait for the copies",
        lambda: _look(passage, ground, recorded),
        what="stop and free their disks",
        within=STOP_WITHIN,
        detail="waiting until the new cluster lets the disks go",
    )
    passage.do("detach", lambda: _detached(passage, ground, recorded))
    found = passage.do("restore", lambda: _taken_back(passage, ground, recorded, image))
    said = [f"the source is as it was: {found['restored']} changes taken back"]
    said += [f"not restored, because somebody changed it since: {line}" for line in found["changed"]]
    said += found.get("snapshots", [])
    passage.wait(
        "wait for the source",
        lambda: _source_not_ready(passage, ground, recorded),
        what="become ready again on the source",
        within=READY_WITHIN,
        detail="waiting for the source's pods",
        fix="Look at these pods of the old cluster, then resume: I look again.",
    )
    return said


def _addresses_back(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    passage.tell("giving addresses back")
    if ground.addresses is not None:
        for move in recorded.moves:
            passage.flow.fence()
            floating_ips.switch_back(move, ground.addresses)
    return {"moves": len(recorded.moves)}


def _copies_stopped(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    passage.tell("stopping the copies")
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        removal.stop(scene.into, passage.plan, scene.inventory, scene.forms)
    return {}


def _look(passage: Run, ground: ProjectPorts, recorded: RunState) -> list[str]:
    with opened(passage.plan, ground, recorded) as scene:
        there = reattachment.is_reattached(scene.target, passage.plan.volumes, passage.migration)
        return [*_copies_running(scene), *reattachment.attached(scene.target, there, ground.disks)]


def _copies_running(scene: ClusterViews) -> list[str]:
    early = set(scene.plan.early)
    stopped = [
        ref
        for ref in startup.top_level(scene.inventory, scene.plan.items)
        if ref.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") and ref.short not in early
    ]
    now = startup.now(scene.target, scene.into.surface, scene.plan, stopped)
    return [f"{each.ref} still runs in the new cluster" for each in now.running if each.ready]


def _detached(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with ground.connect(recorded.target) as target:
        passage.flow.fence()
        return {"gone": len(reattachment.detach(target, passage.plan.volumes, passage.migration))}


def _taken_back(passage: Run, ground: ProjectPorts, recorded: RunState, image: BeforeImage) -> Json:
    passage.tell("restoring the source")
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        done = changes.revert(scene.source, image)
    return {
        "restored": sum(each.state in (ChangeStatus.DONE, ChangeStatus.ALREADY) for each in done),
        "changed": [
            f"{each.ref} ({each.what})"
            for each in done
            if each.state in (ChangeStatus.CHANGED, ChangeStatus.GONE)
        ],
        "snapshots": snapshots.left(passage, ground),
    }


def _source_not_ready(passage: Run, ground: ProjectPorts, recorded: RunState) -> list[str]:
    if recorded.before is None:
        return []
    with opened(passage.plan, ground, recorded) as scene:
        refs = [each.ref for each in recorded.before.running if each.ref.kind not in ("Job", "CronJob")]
        now = startup.now(scene.source, scene.surface, passage.plan, refs)
    return [
        line
        for line in baseline.regressions(recorded.before, now)
        if "pods ready" in line and not line.startswith(("Job ", "CronJob "))
    ]


def _emptied(passage: Run, ground: ProjectPorts, recorded: RunState) -> list[str]:
    """Remove the copies by their label until none is left but what is kept on purpose."""

    def left() -> list[str]:
        with opened(passage.plan, ground, recorded) as scene:
            passage.flow.fence()
            found = removal.remove_all(scene.target, scene.into.surface, passage.migration)
        return [str(each.ref) for each in found if each.removal != "kept"]

    passage.wait(
        "remove the copies",
        left,
        what="go",
        within=REMOVE_WITHIN,
        detail=f"removing what has the label {MIGRATION}",
    )
    return [f"the copies are removed from {passage.plan.target.name}"]
