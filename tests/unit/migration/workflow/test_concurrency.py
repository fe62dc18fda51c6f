"""A migration holds a turn while it works, and none while it waits for people or for time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.actions.proposal import Proposal
from bot.adapters.durable.flow import Json, ProcessStopping
from bot.common.problems import Problem
from bot.migration.workflow.approvals import await_approval
from bot.migration.workflow.concurrency import is_urgent, needs_permit
from bot.migration.workflow.events import MigrationProgress
from bot.migration.workflow.ports import DecisionStatus, MigrationDecision
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import RollbackRequested, Signal
from bot.migration.workflow.step import ORDER, Step
from bot.migration.workflow.step_runner import Wait
from bot.migration.workflow.steps.soak import soak
from tests.unit.clusters.lifecycle.journal_flow import Journal, JournalRun
from tests.unit.migration.workflow.project_migrations import ProjectMigrations


def details(played: JournalRun) -> list[str]:
    return [state.detail for state in played.told.states if isinstance(state, MigrationProgress)]


def test_the_third_of_two_waits_says_so_and_begins_when_one_is_done(project: ProjectMigrations) -> None:
    project.work("m1")
    project.work("m2")
    run, played = project.run("m3")
    observed: list[str] = []
    project.clock.meanwhile = [
        lambda: observed.append(project.waits("m3")),
        lambda: observed.append(str(len(played.journal.kept))),
        lambda: project.turns.release("m1"),
    ]
    run.begin(Step.DEPLOY)
    assert observed == ["waits for its turn: 2 of 2 migrations of shop are at work", "0"], (
        "nothing was recorded meanwhile"
    )
    assert set(details(played)) == {"waits for its turn: 2 of 2 migrations of shop are at work"}
    assert project.waits("m3") == "" and project.working() == {"m2", "m3"}


def test_it_tells_again_that_it_waits_before_people_wonder(project: ProjectMigrations) -> None:
    project.work("m1")
    project.work("m2")
    run, played = project.run("m3")
    nothing: list[Callable[[], None]] = [lambda: None] * 180
    project.clock.meanwhile = [*nothing, lambda: project.turns.release("m1")]
    run.begin(Step.DEPLOY)
    states = [state for state in played.told.states if isinstance(state, MigrationProgress)]
    assert all(
        later.at - earlier.at <= timedelta(seconds=60) for earlier, later in itertools.pairwise(states)
    )
    assert [state.calm for state in states] == [False, *[True] * (len(states) - 1)], (
        "so that others are shown before it"
    )


def test_while_it_is_paused_others_work_and_then_it_waits_again(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.begin(Step.COPY)
    project.work("m2")
    working: list[set[str]] = []

    def others() -> None:
        working.append(project.working())
        project.work("m3")
        project.signal("m1", Signal.RESUME)

    project.clock.meanwhile = [
        others,
        lambda: working.append(project.working()),
        lambda: project.turns.release("m3"),
    ]
    tries: list[str] = []

    def refused_once() -> Json:
        tries.append("")
        if len(tries) == 1:
            raise Problem("The new cluster did not take 1 object")
        working.append(project.working())
        return {}

    run.steps.do("copy", refused_once)
    assert working == [{"m2"}, {"m2", "m3"}, {"m1", "m2"}]
    assert project.waits("m1") == ""


def test_what_is_waited_for_is_looked_at_in_its_turn_and_its_time_begins_then(
    project: ProjectMigrations,
) -> None:
    project.work("m1")
    project.work("m2")
    run, _played = project.run("m3")
    nothing: list[Callable[[], None]] = [lambda: None] * 120
    project.clock.meanwhile = [*nothing, lambda: project.turns.release("m1")]
    looks = iter([["web: 0 of 2 pods ready"], []])
    ready = Wait(name="wait", what="become ready", within=timedelta(seconds=30))
    run.steps.wait(ready, lambda: next(looks))
    assert project.working() == {"m2", "m3"}


def test_a_soak_holds_no_turn(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.begin(Step.PROVE)
    assert project.working() == {"m1"}
    working: list[set[str]] = []
    project.clock.meanwhile = [lambda: working.append(project.working())]
    soak(run, timedelta(minutes=3))
    assert working == [set()] and project.working() == set()


class People:
    """Approve after a while."""

    def __init__(self) -> None:
        self.status = DecisionStatus.OPEN
        self.closed = False

    def is_required(self, _kind: str) -> bool:
        return True

    def request(self, *_request: object) -> MigrationDecision:
        return MigrationDecision(id="a2", status=DecisionStatus.OPEN, line="open")

    def get(self, *_decision: object) -> MigrationDecision:
        return MigrationDecision(id="a2", status=self.status, line="approved by bo", by=("bo",))

    def start(self, *_decision: object) -> None:
        self.status = DecisionStatus.BEGUN

    def close(self, *_decision: object) -> None:
        self.closed = True


def approved_cutover(run: Run) -> tuple[str, ...]:
    proposal = Proposal(kind="migrate.cutover", headline="Cut over")
    return await_approval(
        run, kind="migrate.cutover", name="cutover", subject="cut-over", propose=lambda: proposal
    )


def test_a_decision_that_is_waited_for_holds_no_turn_and_what_was_approved_waits_for_one(
    project: ProjectMigrations,
) -> None:
    people = People()
    run, played = project.run("m1", decisions=people)
    run.begin(Step.COMPARE)
    run.begin(Step.DECIDE)
    working: list[set[str]] = []
    waited: list[tuple[str, DecisionStatus]] = []

    def approve() -> None:
        working.append(project.working())
        project.work("m2")
        project.work("m3")
        people.status = DecisionStatus.APPROVED

    project.clock.meanwhile = [
        approve,
        lambda: waited.append((project.waits("m1"), people.status)),
        lambda: project.turns.release("m2"),
    ]
    assert approved_cutover(run) == ("bo",)
    assert working == [set()]
    assert waited == [("waits for its turn: 2 of 2 migrations of shop are at work", DecisionStatus.APPROVED)]
    assert people.status is DecisionStatus.BEGUN and project.working() == {"m1", "m3"}
    assert "waits for approval a2" in details(played)


def test_a_migration_that_waits_for_its_turn_can_be_given_up_and_its_decision_is_closed(
    project: ProjectMigrations,
) -> None:
    people = People()
    run, _played = project.run("m1", decisions=people)
    run.begin(Step.DECIDE)
    project.work("m2")
    project.work("m3")
    people.status = DecisionStatus.APPROVED
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.CANCEL)]
    with pytest.raises(RollbackRequested) as rollback:
        approved_cutover(run)
    assert (rollback.value.signal, rollback.value.by) == (Signal.CANCEL, "ana") and people.closed


def test_until_it_may_stop_the_source_it_can_be_cancelled(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    run.begin(Step.DECIDE)
    project.work("m2")
    project.work("m3")
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.CANCEL)]
    with pytest.raises(RollbackRequested):
        run.begin(Step.QUIESCE)
    assert run.position.step is Step.DECIDE
    assert {state.step for state in played.told.states} == {Step.DECIDE}, "what is shown is where it stands"


def test_going_back_waits_for_nobody(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.position.step, run.position.rolling_back = Step.SOAK, True
    project.work("m2")
    project.work("m3")
    project.clock.meanwhile = []
    run.steps.do("turn back", dict)
    assert project.working() == {"m1", "m2", "m3"}
    assert not project.takes("m4"), "but it counts"


def test_a_source_that_stands_still_is_not_left_standing_behind_others(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.position.step = Step.START
    project.work("m2")
    project.work("m3")
    run.steps.do("start", dict)
    assert project.working() == {"m1", "m2", "m3"}


def test_what_was_cut_off_keeps_its_turn_and_its_place(project: ProjectMigrations) -> None:
    journal = Journal()
    run, _played = project.run("m1", journal)
    run.begin(Step.DEPLOY)

    def dies() -> Json:
        raise ProcessStopping

    with pytest.raises(ProcessStopping):
        run.steps.do("copy", dies)
    project.work("m2")
    waiting, run_of_m4 = Journal(), project.run("m4")[0]
    run_of_m3, _played = project.run("m3", waiting)

    def ends() -> None:
        raise ProcessStopping

    project.clock.meanwhile = [ends]
    with pytest.raises(ProcessStopping):
        run_of_m3.begin(Step.DEPLOY)
    project.clock.meanwhile = [ends]
    with pytest.raises(ProcessStopping):
        run_of_m4.begin(Step.DEPLOY)
    again, _played = project.run("m1", journal)
    again.begin(Step.DEPLOY)
    again.steps.do("copy", dict)
    assert project.working() == {"m1", "m2"}
    again.permit.release()
    project.clock.meanwhile = [lambda: pytest.fail("it came first")]
    project.run("m3", waiting)[0].begin(Step.DEPLOY)


@pytest.mark.parametrize("step", ORDER)
def test_only_decisions_and_the_soak_are_no_work(step: Step) -> None:
    assert needs_permit(step, rolling_back=False) is (step not in (Step.DECIDE, Step.SOAK, Step.CONSENT))
    assert needs_permit(step, rolling_back=True) and is_urgent(step, rolling_back=True)
    assert is_urgent(step, rolling_back=False) is (
        step.number > Step.DECIDE.number and needs_permit(step, rolling_back=False)
    )
