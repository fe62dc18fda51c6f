"""A migration holds a turn while it works, and none while it waits for people or for time."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.adapters.durable.flow import Json, ProcessStopping
from bot.common.problems import Problem
from bot.migration.workflow.approvals import consent
from bot.migration.workflow.events import MigrationProgress
from bot.migration.workflow.ports import APPROVED, BEGUN, OPEN, DecisionState
from bot.migration.workflow.prove import soak
from bot.migration.workflow.run import RollbackRequested, Run
from bot.migration.workflow.step import ORDER, Signal, Step, is_urgent, needs_permit
from tests.unit.clusters.lifecycle.journal_flow import Journal, JournalRun
from tests.unit.migration.workflow.project_migrations import House, opened


@pytest.fixture
def house(tmp_path: pathlib.Path) -> Iterator[House]:
    with opened(tmp_path) as made:
        yield made


def details(run: JournalRun) -> list[str]:
    return [state.detail for state in run.told.states if isinstance(state, MigrationProgress)]


def test_the_third_of_two_waits_says_so_and_begins_when_one_is_done(house: House) -> None:
    house.works("m1")
    house.works("m2")
    passage, run = house.passage("m3")
    seen: list[str] = []
    house.clock.meanwhile = [
        lambda: seen.append(house.waits("m3")),
        lambda: seen.append(str(len(run.journal.kept))),
        lambda: house.turns.give_back("m1"),
    ]
    passage.enter(Step.DEPLOY)
    assert seen == ["waits for its turn: 2 of 2 migrations of shop are at work", "0"], (
        "nothing was recorded meanwhile"
    )
    assert set(details(run)) == {"waits for its turn: 2 of 2 migrations of shop are at work"}
    assert house.waits("m3") == "" and house.working() == {"m2", "m3"}


def test_it_tells_again_that_it_waits_before_people_wonder(house: House) -> None:
    house.works("m1")
    house.works("m2")
    passage, run = house.passage("m3")
    nothing: list[Callable[[], None]] = [lambda: None] * 180
    house.clock.meanwhile = [*nothing, lambda: house.turns.give_back("m1")]
    passage.enter(Step.DEPLOY)
    told = [state for state in run.told.states if isinstance(state, MigrationProgress)]
    assert all(later.at - earlier.at <= timedelta(seconds=60) for earlier, later in itertools.pairwise(told))
    assert [state.calm for state in told] == [False, *[True] * (len(told) - 1)], (
        "so that others are shown before it"
    )


def test_while_it_is_paused_others_work_and_then_it_waits_again(house: House) -> None:
    passage, _run = house.passage("m1")
    passage.enter(Step.COPY)
    house.works("m2")
    working: list[set[str]] = []

    def others() -> None:
        working.append(house.working())
        house.works("m3")
        house.want("m1", Signal.RESUME)

    house.clock.meanwhile = [
        others,
        lambda: working.append(house.working()),
        lambda: house.turns.give_back("m3"),
    ]
    tries: list[str] = []

    def refused_once() -> Json:
        tries.append("")
        if len(tries) == 1:
            raise Problem("The new cluster did not take 1 object")
        working.append(house.working())
        return {}

    passage.do("copy", refused_once)
    assert working == [{"m2"}, {"m2", "m3"}, {"m1", "m2"}]
    assert house.waits("m1") == ""


def test_what_is_waited_for_is_looked_at_in_its_turn_and_its_time_begins_then(house: House) -> None:
    house.works("m1")
    house.works("m2")
    passage, _run = house.passage("m3")
    nothing: list[Callable[[], None]] = [lambda: None] * 120
    house.clock.meanwhile = [*nothing, lambda: house.turns.give_back("m1")]
    looks = iter([["web: 0 of 2 pods ready"], []])
    passage.wait("wait", lambda: next(looks), what="become ready", within=timedelta(seconds=30))
    assert house.working() == {"m2", "m3"}


def test_a_soak_holds_no_turn(house: House) -> None:
    passage, _run = house.passage("m1")
    passage.enter(Step.PROVE)
    assert house.working() == {"m1"}
    seen: list[set[str]] = []
    house.clock.meanwhile = [lambda: seen.append(house.working())]
    soak(passage, timedelta(minutes=3))
    assert seen == [set()] and house.working() == set()


class People:
    """Approve after a while."""

    def __init__(self) -> None:
        self.state = OPEN

    def needed(self, _kind: str) -> bool:
        return True

    def ask(self, *_asked: object) -> DecisionState:
        return DecisionState(id="a2", state=OPEN, line="open")

    def look(self, *_asked: object) -> DecisionState:
        return DecisionState(id="a2", state=self.state, line="approved by bo", by=("bo",))

    def start(self, *_asked: object) -> str:
        self.state = BEGUN
        return ""

    def close(self, *_asked: object) -> None:
        self.state = "closed"


def decided(passage: Run, people: People) -> tuple[str, ...]:
    return consent(passage, people, kind="migrate.cutover", name="cutover", propose=lambda: None)  # type: ignore[arg-type,return-value]


def test_a_decision_that_is_waited_for_holds_no_turn_and_what_was_approved_waits_for_one(
    house: House,
) -> None:
    passage, run = house.passage("m1")
    passage.enter(Step.COMPARE)
    passage.enter(Step.DECIDE)
    people, seen = People(), []

    def approve() -> None:
        seen.append(house.working())
        house.works("m2")
        house.works("m3")
        people.state = APPROVED

    house.clock.meanwhile = [
        approve,
        lambda: seen.append({house.waits("m1"), people.state}),
        lambda: house.turns.give_back("m2"),
    ]
    assert decided(passage, people) == ("bo",)
    assert seen == [set(), {"waits for its turn: 2 of 2 migrations of shop are at work", APPROVED}]
    assert people.state == BEGUN and house.working() == {"m1", "m3"}
    assert "waits for approval a2" in details(run)


def test_a_migration_that_waits_for_its_turn_can_be_given_up_and_its_decision_is_closed(house: House) -> None:
    passage, _run = house.passage("m1")
    passage.enter(Step.DECIDE)
    house.works("m2")
    house.works("m3")
    people = People()
    people.state = APPROVED
    house.clock.meanwhile = [lambda: house.want("m1", Signal.CANCEL)]
    with pytest.raises(RollbackRequested) as back:
        decided(passage, people)
    assert (back.value.word, back.value.by, people.state) == (Signal.CANCEL, "ana", "closed")


def test_until_it_may_stop_the_source_it_can_be_cancelled(house: House) -> None:
    passage, run = house.passage("m1")
    passage.enter(Step.DECIDE)
    house.works("m2")
    house.works("m3")
    house.clock.meanwhile = [lambda: house.want("m1", Signal.CANCEL)]
    with pytest.raises(RollbackRequested):
        passage.enter(Step.QUIESCE)
    assert passage.step is Step.DECIDE
    assert {state.step for state in run.told.states} == {Step.DECIDE}, "what is shown is where it stands"


def test_going_back_waits_for_nobody(house: House) -> None:
    passage, _run = house.passage("m1")
    passage.step, passage.back = Step.SOAK, True
    house.works("m2")
    house.works("m3")
    house.clock.meanwhile = []
    passage.do("turn back", dict)
    assert house.working() == {"m1", "m2", "m3"}
    assert not house.takes("m4"), "but it counts"


def test_a_source_that_stands_still_is_not_left_standing_behind_others(house: House) -> None:
    passage, _run = house.passage("m1")
    passage.step = Step.START
    house.works("m2")
    house.works("m3")
    passage.do("start", dict)
    assert house.working() == {"m1", "m2", "m3"}


def test_what_was_cut_off_keeps_its_turn_and_its_place(house: House) -> None:
    journal = Journal()
    passage, _run = house.passage("m1", journal)
    passage.enter(Step.DEPLOY)

    def dies() -> Json:
        raise ProcessStopping

    with pytest.raises(ProcessStopping):
        passage.do("copy", dies)
    house.works("m2")
    waiting, other = Journal(), house.passage("m4")[0]
    first, _run = house.passage("m3", waiting)

    def ends() -> None:
        raise ProcessStopping

    house.clock.meanwhile = [ends]
    with pytest.raises(ProcessStopping):
        first.enter(Step.DEPLOY)
    house.clock.meanwhile = [ends]
    with pytest.raises(ProcessStopping):
        other.enter(Step.DEPLOY)
    again, _run = house.passage("m1", journal)
    again.enter(Step.DEPLOY)
    again.do("copy", dict)
    assert house.working() == {"m1", "m2"}
    again.turn.give_back()
    house.clock.meanwhile = [lambda: pytest.fail("it came first")]
    house.passage("m3", waiting)[0].enter(Step.DEPLOY)


@pytest.mark.parametrize("step", ORDER)
def test_only_decisions_and_the_soak_are_no_work(step: Step) -> None:
    assert needs_permit(step, back=False) is (step not in (Step.DECIDE, Step.SOAK, Step.CONSENT))
    assert needs_permit(step, back=True) and is_urgent(step, back=True)
    assert is_urgent(step, back=False) is (
        step.number > Step.DECIDE.number and needs_permit(step, back=False)
    )
