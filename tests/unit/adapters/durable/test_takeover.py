"""The first live replica resumes orphans, starts what never started, and ends what has ended in silence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.adapters.durable.flow import Json
from bot.adapters.durable.outcomes import OutcomeCodec, OutcomeUncertain
from bot.adapters.durable.runtime import Runtime
from bot.adapters.durable.takeover import TakeoverSupervisor
from storage.long_running_operations import LongRunningOperation

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OUTCOMES = OutcomeCodec({})


class FakeRuntime:
    """The part of the runtime that a supervisor uses."""

    def __init__(self, **statuses: str) -> None:
        self.statuses = statuses
        self.alive: Collection[str] | None = None
        self.started: list[str] = []
        self.deleted_before: list[datetime] = []

    def set_limits(self) -> None: ...

    def resume_orphans(self, alive: Collection[str]) -> list[str]:
        self.alive = alive
        return ["orphan"]

    def has_workflow(self, name: str) -> bool:
        return name == "create"

    def status(self, operation: str) -> str | None:
        return self.statuses.get(operation)

    def start_workflow(self, work: str, *, operation: str, project: str, workflow_input: Json) -> None:
        self.started.append(operation)

    def delete_ended(self, *, before: datetime) -> int:
        self.deleted_before.append(before)
        return 0


class Reporter:
    """Writes down the outcomes of operations."""

    def __init__(self) -> None:
        self.outcomes: dict[str, object] = {}

    def report_progress(self, operation: str, state: object) -> None: ...

    def report_state(self, operation: str, name: str, state: object) -> None: ...

    def report_outcome(self, operation: str, outcome: Json) -> None:
        self.outcomes[operation] = OUTCOMES.decode(outcome)


def operation(name: str, *, work: str = "create", seconds: float = 60) -> LongRunningOperation:
    return LongRunningOperation(
        operation=name,
        project="shop",
        action={},
        request={},
        work=work,
        input={},
        begun_at=NOW - timedelta(seconds=seconds),
    )


def supervisor(
    runtime: FakeRuntime, reporter: Reporter, *operations: LongRunningOperation, **overrides: Any
) -> TakeoverSupervisor:
    options: dict[str, Any] = {
        "me": "a",
        "alive": lambda: ["a", "b", "terminal"],
        "supervisors": lambda: ["a", "b"],
        "open_work": lambda: operations,
        "reporter": reporter,
        "outcomes": OUTCOMES,
        "now": lambda: NOW,
    }
    return TakeoverSupervisor(cast(Runtime, runtime), **options | overrides)


@pytest.fixture
def reporter() -> Reporter:
    return Reporter()


def test_only_the_first_live_replica_takes_over(reporter: Reporter) -> None:
    runtime = FakeRuntime()
    supervisor(runtime, reporter, operation("lost"), me="b").supervise()
    supervisor(runtime, reporter, operation("lost"), supervisors=list).supervise()
    assert runtime.alive is None and runtime.started == []
    supervisor(runtime, reporter).supervise()
    assert runtime.alive == ["a", "b", "terminal"], "the work of a terminal that waits is no orphan"


def test_an_operation_that_was_never_started_is_started_after_a_while(reporter: Reporter) -> None:
    runtime = FakeRuntime(running="PENDING")
    operations = (
        operation("lost"),
        operation("young", seconds=14),
        operation("running"),
        operation("of-another-version", work="of.tomorrow"),
    )
    supervisor(runtime, reporter, *operations).supervise()
    assert runtime.started == ["lost"] and reporter.outcomes == {}


@pytest.mark.parametrize(
    ("status", "headline"),
    [
        ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "begun again and again"),
        ("CANCELLED", "This work was cut off"),
        ("ERROR", "This work was cut off"),
    ],
)
def test_an_operation_whose_workflow_has_ended_in_silence_ends_as_unknown(
    reporter: Reporter, status: str, headline: str
) -> None:
    supervisor(FakeRuntime(silent=status), reporter, operation("silent")).supervise()
    outcome = reporter.outcomes["silent"]
    assert isinstance(outcome, OutcomeUncertain) and headline in outcome.what
    assert status in outcome.why and "sile in my log" in outcome.fix


def test_records_are_deleted_after_a_month_once_an_hour(reporter: Reporter) -> None:
    runtime, clock = FakeRuntime(), [NOW]
    looking = supervisor(runtime, reporter, now=lambda: clock[0])
    for minutes in (0, 61, 62):
        clock[0] = NOW + timedelta(minutes=minutes)
        looking.supervise()
    assert runtime.deleted_before == [NOW + timedelta(minutes=61) - timedelta(days=30)]


def test_it_looks_on_a_thread_that_can_be_stopped(
    reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.durable.takeover.INTERVAL_SECONDS", 0.01)
    runtime = FakeRuntime()
    looking = supervisor(runtime, reporter, operation("lost"))
    looking.start()
    try:
        for _ in range(500):
            if runtime.started:
                break
            looking._worker.sleep(0.01)
    finally:
        looking.stop()
    assert runtime.started and set(runtime.started) == {"lost"}
