"""A step's output or problem is recorded once, polls end with the process, and a lost workflow stops."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.adapters.durable.flow import Json, OwnershipLost, ProcessStopping
from bot.adapters.durable.outcomes import OutcomeUncertain
from bot.adapters.durable.recorded_flow import RecordedFlow
from bot.common.problems import Refusal
from storage.database import DatabaseError


class Journal:
    """Records the outputs of steps, as DBOS does."""

    def __init__(self) -> None:
        self.outputs: dict[str, Json] = {}

    def record(self, name: str, do: Callable[[], Json]) -> Mapping[str, Any]:
        if name not in self.outputs:
            self.outputs[name] = do()
        return self.outputs[name]


class Reporter:
    """Writes down what a flow reports."""

    def __init__(self) -> None:
        self.reports: list[tuple[object, ...]] = []

    def report_progress(self, operation: str, state: object) -> None:
        self.reports.append(("progress", operation, state))

    def report_state(self, operation: str, name: str, state: object) -> None:
        self.reports.append(("changed", operation, name, state))

    def report_outcome(self, operation: str, outcome: Json) -> None:
        self.reports.append(("end", operation, outcome))


class Clock(threading.Event):
    """An event that does not wait: it counts the seconds that somebody would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self.now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        self.now += timeout or 0.0
        return self.is_set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    fake_time = types.SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("bot.adapters.durable.recorded_flow.time", fake_time)
    return clock


@pytest.fixture
def journal() -> Journal:
    return Journal()


def flow(
    journal: Journal, clock: Clock, *, owned: Callable[[], bool] = lambda: True, reporter: Any = None
) -> RecordedFlow:
    return RecordedFlow(
        operation="a" * 32,
        project="shop",
        reporter=reporter or Reporter(),
        record=journal.record,
        stopping=clock,
        owns=owned,
    )


def raising(error: Exception) -> Callable[[], Json]:
    def do() -> Json:
        raise error

    return do


def test_a_later_run_gets_the_recorded_output(journal: Journal, clock: Clock) -> None:
    assert flow(journal, clock).step("order", lambda: {"id": 1}) == {"id": 1}
    assert flow(journal, clock).step("order", lambda: {"id": 2}) == {"id": 1}
    assert flow(journal, clock).run != flow(journal, clock).run


def test_a_problem_is_recorded_and_raised_in_every_run(journal: Journal, clock: Clock) -> None:
    for do in (raising(Refusal("No", why="a rule", fix="ask")), raising(AssertionError("not run again"))):
        with pytest.raises(Refusal) as raised:
            flow(journal, clock).step("order", do)
        assert (raised.value.what, raised.value.why, raised.value.fix) == ("No", "a rule", "ask")


def test_a_defect_is_recorded_by_the_name_of_its_class(journal: Journal, clock: Clock) -> None:
    with pytest.raises(OutcomeUncertain) as raised:
        flow(journal, clock).step("order", raising(KeyError("token-of-a-cluster")))
    assert raised.value.why == "KeyError" and "token" not in str(journal.outputs)


def test_a_step_waits_for_a_database_that_does_not_answer(journal: Journal, clock: Clock) -> None:
    failures = [DatabaseError("gone")] * 40

    def do() -> Json:
        if failures:
            raise failures.pop()
        return {}

    assert flow(journal, clock).step("note", do) == {}
    assert clock.pauses == [2.0] * 40, "however long it takes"


def test_nothing_is_recorded_when_the_process_stops(journal: Journal, clock: Clock) -> None:
    clock.set()
    with pytest.raises(ProcessStopping):
        flow(journal, clock).step("order", lambda: {"id": 1})
    with pytest.raises(ProcessStopping):
        flow(journal, clock).sleep(1.0)
    assert journal.outputs == {}


def test_a_poll_is_soon_at_first_and_slower_later(journal: Journal, clock: Clock) -> None:
    looks = iter([None] * 8 + [{"status": "CREATE_COMPLETE"}])
    assert flow(journal, clock).poll("built", lambda: next(looks), every=2.0) == {"status": "CREATE_COMPLETE"}
    assert clock.pauses == pytest.approx([0.25, 0.375, 0.5625, 0.84375, 1.265625, 1.8984375, 2.0, 2.0])


def test_a_poll_of_a_lost_workflow_stops(journal: Journal, clock: Clock) -> None:
    with pytest.raises(OwnershipLost):
        flow(journal, clock, owned=lambda: clock.now < 20).poll("built", lambda: None, every=10.0)
    assert 20 <= clock.now < 60 and journal.outputs == {}


def test_the_fence_stops_a_workflow_that_another_replica_owns(journal: Journal, clock: Clock) -> None:
    flow(journal, clock).fence()
    with pytest.raises(OwnershipLost):
        flow(journal, clock, owned=lambda: False).step("delete", lambda: flow_fence(journal, clock))
    assert journal.outputs == {}


def flow_fence(journal: Journal, clock: Clock) -> Json:
    flow(journal, clock, owned=lambda: False).fence()
    return {}


def test_states_are_reported_for_the_operation(journal: Journal, clock: Clock) -> None:
    reporter = Reporter()
    running = flow(journal, clock, reporter=reporter)
    running.report_progress("half")
    running.report_state("built", "whole")
    assert reporter.reports == [("progress", "a" * 32, "half"), ("changed", "a" * 32, "built", "whole")]
