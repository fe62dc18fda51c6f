"""The ways back: the source as it was, from its before-image; and the new cluster emptied, or removed if it
was ours.

Before the source was touched nothing has to be restored. Afterwards the traffic and the disks go back first,
then the source starts, and only then the copies are removed, so that the outage is as short as it can be.
"""

from __future__ import annotations

from datetime import timedelta

from bot.migration import starting, undoing, vitals
from bot.migration.objects import MIGRATION
from bot.migration.source import applying
from bot.migration.source.applying import State
from bot.migration.source.changes import BeforeImage
from bot.migration.traffic import floating
from bot.migration.volumes import moving
from bot.migration.workflow import keeping
from bot.migration.workflow.deploying import remove_ours
from bot.migration.workflow.grounds import Ground, Json
from bot.migration.workflow.passage import Passage, TurnedBack
from bot.migration.workflow.scene import Recorded, Scene, opened
from bot.migration.workflow.steps import Word, crossed
from bot.operations.building import Order
from storage.cluster_migrations import BACK

STOP_WITHIN = timedelta(minutes=20)
READY_WITHIN = timedelta(minutes=30)
REMOVE_WITHIN = timedelta(minutes=20)


def go_back(
    passage: Passage, ground: Ground, recorded: Recorded, turn: TurnedBack, order: Order | None
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
    if crossed(passage.step) and recorded.image is not None:
        said += _restored(passage, ground, recorded)
    if order is not None and (
        turn.word is Word.CANCEL or not recorded.target
    ):  # half built, it is of no use to anybody
        gone = remove_ours(passage, ground, order.name)
        said.append(f"the new cluster {order.name} is removed" if gone else "no new cluster was built")
    elif recorded.target:
        said += _emptied(passage, ground, recorded)
    return said or ["nothing had been changed"]


def _restored(passage: Passage, ground: Ground, recorded: Recorded) -> list[str]:
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


def _addresses_back(passage: Passage, ground: Ground, recorded: Recorded) -> Json:
    passage.tell("giving addresses back")
    if ground.addresses is not None:
        for move in recorded.moves:
            passage.flow.fence()
            floating.switch_back(move, ground.addresses)
    return {"moves": len(recorded.moves)}


def _copies_stopped(passage: Passage, ground: Ground, recorded: Recorded) -> Json:
    passage.tell("stopping the copies")
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        undoing.stop(scene.into, passage.plan, scene.inventory, scene.forms)
    return {}


def _look(passage: Passage, ground: Ground, recorded: Recorded) -> list[str]:
    with opened(passage.plan, ground, recorded) as scene:
        there = moving.brought(scene.target, passage.plan.volumes, passage.migration)
        return [*_copies_running(scene), *moving.attached(scene.target, there, ground.disks)]


def _copies_running(scene: Scene) -> list[str]:
    early = set(scene.plan.early)
    stopped = [
        ref
        for ref in starting.top_level(scene.inventory, scene.plan.items)
        if ref.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") and ref.short not in early
    ]
    now = starting.now(scene.target, scene.into.surface, scene.plan, stopped)
    return [f"{each.ref} still runs in the new cluster" for each in now.running if each.ready]


def _detached(passage: Passage, ground: Ground, recorded: Recorded) -> Json:
    with ground.connect(recorded.target) as target:
        passage.flow.fence()
        return {"gone": len(moving.detach(target, passage.plan.volumes, passage.migration))}


def _taken_back(passage: Passage, ground: Ground, recorded: Recorded, image: BeforeImage) -> Json:
    passage.tell("restoring the source")
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        done = applying.take_back(scene.source, image)
    return {
        "restored": sum(each.state in (State.DONE, State.ALREADY) for each in done),
        "changed": [
            f"{each.ref} ({each.what})" for each in done if each.state in (State.CHANGED, State.GONE)
        ],
        "snapshots": keeping.left(passage, ground),
    }


def _source_not_ready(passage: Passage, ground: Ground, recorded: Recorded) -> list[str]:
    if recorded.before is None:
        return []
    with opened(passage.plan, ground, recorded) as scene:
        refs = [each.ref for each in recorded.before.running if each.ref.kind not in ("Job", "CronJob")]
        now = starting.now(scene.source, scene.surface, passage.plan, refs)
    return [
        line
        for line in vitals.worse(recorded.before, now)
        if "pods ready" in line and not line.startswith(("Job ", "CronJob "))
    ]


def _emptied(passage: Passage, ground: Ground, recorded: Recorded) -> list[str]:
    """Remove the copies by their label until none is left but what is kept on purpose."""

    def left() -> list[str]:
        with opened(passage.plan, ground, recorded) as scene:
            passage.flow.fence()
            found = undoing.remove_all(scene.target, scene.into.surface, passage.migration)
        return [str(each.ref) for each in found if each.removal != "kept"]

    passage.wait(
        "remove the copies",
        left,
        what="go",
        within=REMOVE_WITHIN,
        detail=f"removing what has the label {MIGRATION}",
    )
    return [f"the copies are removed from {passage.plan.target.name}"]
