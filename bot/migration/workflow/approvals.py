"""The second look at the source, the plan made anew where it has changed, and decisions that are waited
for.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.access.proposal import Proposal, digest
from bot.adapters.kube.client import Kube
from bot.common.problems import Problem, Refusal
from bot.common.wording import count
from bot.migration.copy import removal
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.survey import survey
from bot.migration.workflow import cutover, source_drift
from bot.migration.workflow.cluster_views import RunState, opened
from bot.migration.workflow.ports import APPROVED, BEGUN, ENDED, DecisionPort, Json, ProjectPorts
from bot.migration.workflow.run import RollbackRequested, Run
from bot.migration.workflow.step import Step

NAMED = 8


class NotApproved(Problem):
    """Nobody consented: rejected, withdrawn, expired, or void."""


class ReplanBlocked(Problem):
    """The source has changed so that it cannot be migrated as it is."""


def second_look(passage: Run, ground: ProjectPorts, recorded: RunState) -> Problem | None:
    """What has changed on the source since it was planned. Raises `RollbackRequested`."""
    found = passage.do("second look", lambda: source_drift.look(passage.plan, ground, recorded), working=True)
    return source_drift.problem(found)


def last_look(passage: Run, ground: ProjectPorts, recorded: RunState) -> Problem | None:
    """Before anything stops, the target answers and its driver is healthy. Raises `RollbackRequested`.

    If it was paused for that, the source is looked at once more: what has changed there meanwhile is
    returned.
    """
    pauses = passage.pauses

    def look() -> Json:
        cutover.fit(passage, ground, recorded)
        return source_drift.look(passage.plan, ground, recorded) if passage.pauses != pauses else {}

    return source_drift.problem(passage.do("look at the target", look, working=True))


def begin_cut_over(passage: Run, ground: ProjectPorts, recorded: RunState, *, looked: int) -> Problem | None:
    """Enter the step that stops the source. Raises `RollbackRequested`.

    If it was paused since the source was `looked` at (after so many pauses), that is done once more: with
    stale copies nothing is stopped, and what has changed is returned.
    """

    def first() -> Json | None:
        found = source_drift.look(passage.plan, ground, recorded) if passage.pauses != looked else {}
        return found if source_drift.problem(found) is not None else None

    return source_drift.problem(passage.enter(Step.QUIESCE, first) or {})


def plan_anew(passage: Run, ground: ProjectPorts, recorded: RunState, order: Json) -> None:
    """Take what has changed on the source into the plan. What is gone there goes from the target. Raises
    `RollbackRequested`.
    """

    def make() -> Json:
        old = passage.plan
        with ground.connect(old.source.id) as source, ground.connect(recorded.target) as target:
            made = _planned(old, ground, order, source, target)
        if made.blockers:
            found = made.blockers
            raise ReplanBlocked(
                f"{count(len(found), 'thing stands', 'things stand')} against the changed plan",
                fix=found[0].fix,
                why="\n".join(
                    f"{each.what}: {each.why}" if each.why else each.what for each in found[:NAMED]
                ),
            )
        with opened(old, ground, recorded) as scene:
            gone = [item.ref for item in old.items if item.ref not in made.by_ref]
            removal.remove(scene.into, gone)
        kept = made.model_dump(mode="json")
        passage.register.stands(passage.migration, plan=kept, digest=digest(made.bound()))
        return {"plan": kept}

    passage.plan = MigrationPlan.model_validate(passage.do("plan anew", make)["plan"])


def _planned(
    old: MigrationPlan, ground: ProjectPorts, order: Json, source: Kube, target: Kube
) -> MigrationPlan:
    """The plan of what is there now, by the same wishes and at the same versions."""
    known = target if old.target.id else None
    found = survey(source, known, namespaces=order["namespaces"], kubernetes=old.target.kubernetes)
    return build(
        PlanRequest(
            migration=old.migration,
            source=old.source,
            target=old.target,
            volumes=tuple(order["volumes"]),
            early=tuple(order["early"]),
            mappings=ground.mappings,
            labels=order["labels"],
            same_project=order["same_project"],
        ),
        found,
        ground.keys.current,
        mark=ground.keys.mark,
    )


def consent(
    passage: Run, decisions: DecisionPort, *, kind: str, name: str, propose: Callable[[], Proposal]
) -> tuple[str, ...]:
    """Ask a second person and wait; asked again after a refusal, if somebody resumes. Raises
    `RollbackRequested`.

    Returns who approved; nobody if the configuration asks for no such decision.
    """
    operation = passage.flow.operation
    while True:
        passage.asked += 1
        slot = f"{name}-{passage.asked}"

        def ask(slot: str = slot) -> Json:
            if not decisions.needed(kind):
                return {"needed": False}
            asked = decisions.ask(operation, slot, propose())
            passage.waits_for(f"approval {asked.id}")
            passage.tell(f"waits for approval {asked.id}")
            return {"needed": True, "id": asked.id}

        asked = passage.do("ask", ask)
        if not asked["needed"]:
            return ()
        detail = f"waits for approval {asked['id']}"

        def look(slot: str = slot) -> Json | None:
            found = decisions.look(operation, slot)
            if found.state in (APPROVED, BEGUN) and (
                found.not_before is None or found.not_before <= passage.now()
            ):
                return {"by": list(found.by), "line": found.line}
            return {"ended": found.line} if found.state == ENDED else None

        found = _answered(passage, decisions, slot, look, detail)
        why = found.get("ended") or _begun(passage, decisions, slot, propose)
        if not why:
            by = tuple(found["by"])
            passage.do("approved", lambda by=by, line=found["line"]: _told(passage, kind, by, line))  # type: ignore[misc]
            return by
        passage.hold(
            NotApproved(
                "There is no consent to the"
                f" {'cut-over' if name == 'cutover' else 'deletion of the old cluster'}",
                why=why,
                fix="Resume to ask again.",
            )
        )


def _answered(
    passage: Run, decisions: DecisionPort, slot: str, look: Callable[[], Json | None], detail: str
) -> Json:
    try:
        return passage.idle("decision", look, detail=lambda: detail, then_works=lambda found: "by" in found)
    except RollbackRequested:
        passage.flow.step("close", lambda: _closed(passage, decisions, slot))
        raise


def _closed(passage: Run, decisions: DecisionPort, slot: str) -> Json:
    decisions.close(passage.flow.operation, slot, "the migration was turned back")
    return {}


def _begun(passage: Run, decisions: DecisionPort, slot: str, propose: Callable[[], Proposal]) -> str:
    def start() -> Json:
        try:
            return {"why": decisions.start(passage.flow.operation, slot, propose())}
        except Refusal as refused:
            return {"why": f"{refused.what}: {refused.why}" if refused.why else refused.what}

    return str(passage.do("begin what was approved", start, working=True)["why"])


def _told(passage: Run, kind: str, by: tuple[str, ...], line: str) -> Json:
    passage.note(f"approved:{kind}:{line}", {"what": "approved", "kind": kind, "by": list(by), "said": line})
    return {}
