"""Durable work on the real DBOS, on both databases: begun once, gone on with, taken over, ended, kept as
JSON.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.adapters.durable.flow import Flow, Json
from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import Runtime
from bot.adapters.durable.system_database import SCHEMA, NoDurableWork, beside, grants, upgrade
from bot.adapters.durable.takeover import TakeoverSupervisor
from bot.common.problems import Problem, Refusal
from storage.long_running_operations import LongRunningOperation

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ONE, TWO = "a" * 32, "b" * 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counted:
    number: int
    at: datetime


class Reporter:
    """Writes down the outcomes of workflows."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, Json]] = []
        self.fail = 0

    def report_progress(self, operation: str, state: object) -> None: ...

    def report_state(self, operation: str, name: str, state: object) -> None: ...

    def report_outcome(self, operation: str, outcome: Json) -> None:
        self.ends.append((operation, outcome))


class Work:
    """A workflow of three steps; the second waits until it may go on."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.go_on = threading.Event()
        self.runs: list[str] = []

    def __call__(self, flow: Flow, workflow_input: Json) -> Counted:
        self.runs.append(flow.run)
        flow.step("first", lambda: self._note("first"))
        flow.poll("wait", lambda: {} if self.go_on.is_set() else None, every=0.05)
        flow.step("last", lambda: self._note("last"))
        return Counted(number=workflow_input["number"], at=NOW)

    def _note(self, step: str) -> Json:
        self.done.append(step)
        return {"step": step}


ENDS = OutcomeCodec({"counted": Counted})


def wait_until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


class Process:
    """One process, whose runtime is launched and stopped."""

    def __init__(self, url: str, reporter: Reporter) -> None:
        self._url = url
        self._reporter = reporter
        self.runtime: Runtime | None = None
        self.limit = 2

    def start(self, executor: str, **workflows: Any) -> Runtime:
        runtime = Runtime(self._url, outcomes=ENDS, per_project={"work": lambda: self.limit})
        for name, workflow in workflows.items():
            runtime.register(name, workflow, queue="work")
        runtime.launch(executor=executor, reporter=self._reporter)
        self.runtime = runtime
        return runtime

    def stop(self) -> None:
        if self.runtime is not None:
            self.runtime.stop()
            self.runtime = None


@pytest.fixture
def reporter() -> Reporter:
    return Reporter()


@pytest.fixture
def process(database_url: str, reporter: Reporter) -> Iterator[Process]:
    process = Process(database_url, reporter)
    yield process
    process.stop()


def begin(runtime: Runtime, operation: str = ONE, work: str = "count", project: str = "shop") -> None:
    runtime.start_workflow(work, operation=operation, project=project, workflow_input={"number": 7})


def test_work_that_is_begun_three_times_is_done_once_and_its_end_can_be_read_anywhere(
    process: Process, reporter: Reporter
) -> None:
    work = Work()
    work.go_on.set()
    runtime = process.start("one", count=work)
    for _ in range(3):
        begin(runtime)
    wait_until(lambda: reporter.ends)
    begin(runtime)
    time.sleep(1.0)
    assert work.done == ["first", "last"] and len(reporter.ends) == 1
    assert ENDS.decode(reporter.ends[0][1]) == Counted(number=7, at=NOW)
    assert runtime.status(ONE) == "SUCCESS" and runtime.status(TWO) is None


def test_what_a_process_was_doing_when_it_stopped_goes_on_after_its_start(
    process: Process, reporter: Reporter
) -> None:
    work = Work()
    begin(process.start("one", count=work))
    wait_until(lambda: work.done == ["first"])
    process.stop()
    assert reporter.ends == []
    work.go_on.set()
    process.start("one", count=work)
    wait_until(lambda: reporter.ends)
    assert work.done == ["first", "last"] and len(set(work.runs)) == 2


def test_work_of_an_executor_that_is_gone_is_taken_over_by_the_first_that_is_alive(
    process: Process, reporter: Reporter
) -> None:
    work = Work()
    begin(process.start("gone", count=work))
    wait_until(lambda: work.done == ["first"])
    process.stop()
    work.go_on.set()
    runtime = process.start("two", count=work)
    for alive, me in ((["three", "two"], "two"), ([], "two"), (["gone", "two"], "gone")):
        supervisor(runtime, reporter, me=me, alive=alive).supervise()
    assert runtime.status(ONE) == "PENDING", (
        "not the first, nobody alive, its own executor alive: nothing to take"
    )
    supervisor(runtime, reporter, me="two", alive=["two"]).supervise()
    wait_until(lambda: reporter.ends)
    assert work.done == ["first", "last"]


def supervisor(
    runtime: Runtime,
    reporter: Reporter,
    *,
    me: str,
    alive: list[str],
    open_work: list[LongRunningOperation] | None = None,
) -> TakeoverSupervisor:
    return TakeoverSupervisor(
        runtime,
        me=me,
        alive=lambda: alive,
        supervisors=lambda: alive,
        open_work=lambda: open_work or [],
        reporter=reporter,
        outcomes=ENDS,
        now=lambda: NOW,
    )


def stored_operation(operation: str = ONE, *, work: str = "count", age: float = 60) -> LongRunningOperation:
    return LongRunningOperation(
        operation=operation,
        project="shop",
        action={},
        request={},
        work=work,
        input={"number": 7},
        begun_at=NOW - timedelta(seconds=age),
    )


def test_what_was_kept_and_never_begun_is_begun_and_what_nobody_knows_is_left_alone(
    process: Process, reporter: Reporter
) -> None:
    work = Work()
    work.go_on.set()
    runtime = process.start("one", count=work)
    fresh, unknown = stored_operation(TWO, age=1), stored_operation("c" * 32, work="of.tomorrow")
    supervisor(
        runtime, reporter, me="one", alive=["one"], open_work=[stored_operation(), fresh, unknown]
    ).supervise()
    wait_until(lambda: reporter.ends)
    assert [operation for operation, _ in reporter.ends] == [ONE]


def test_a_problem_is_the_outcome_and_a_defect_is_told_without_its_inside(
    process: Process, reporter: Reporter, database_url: str
) -> None:
    def refuses(flow: Flow, _given: Json) -> object:
        def do() -> Json:
            raise Refusal("It may not be", why="a rule", fix="ask")

        return flow.step("do", do)

    def breaks(flow: Flow, _given: Json) -> object:
        def do() -> Json:
            raise KeyError("token-of-a-cluster")

        return flow.step("do", do)

    runtime = process.start("one", refuses=refuses, breaks=breaks)
    begin(runtime, ONE, "refuses")
    begin(runtime, TWO, "breaks")
    wait_until(lambda: len(reporter.ends) == 2)
    ends = {operation: ENDS.decode(end) for operation, end in reporter.ends}
    refused, broken = ends[ONE], ends[TWO]
    assert isinstance(refused, Refusal) and (refused.why, refused.fix) == ("a rule", "ask")
    assert isinstance(broken, Problem) and broken.outcome == "unknown" and broken.why == "KeyError"
    assert "token-of-a-cluster" not in everything(database_url)


def test_nothing_is_stored_in_a_form_that_can_run_code(
    process: Process, reporter: Reporter, database_url: str
) -> None:
    work = Work()
    work.go_on.set()
    begin(process.start("one", count=work))
    wait_until(lambda: reporter.ends)
    with create_engine(beside(database_url)).connect() as connection:
        forms = connection.execute(
            text(f"SELECT DISTINCT serialization FROM {table(database_url, 'workflow_status')}")
        )
        assert set(forms.scalars()) == {"portable_json"}
    assert '"number"' in everything(database_url)


def test_no_more_of_a_project_than_the_limit_run_at_once(process: Process, reporter: Reporter) -> None:
    work = Work()
    runtime = process.start("one", count=work)
    for number in range(4):
        begin(runtime, f"{number:032x}")
    begin(runtime, ONE, project="other")
    wait_until(lambda: len(work.done) == 3)
    time.sleep(1.5)
    assert work.done == ["first"] * 3, "two of shop, one of other"
    process.limit = 3
    runtime.set_limits()
    wait_until(lambda: len(work.done) == 4)
    work.go_on.set()
    wait_until(lambda: len(reporter.ends) == 5)


def test_records_of_work_that_ended_long_ago_are_forgotten(process: Process, reporter: Reporter) -> None:
    work = Work()
    work.go_on.set()
    runtime = process.start("one", count=work)
    begin(runtime)
    wait_until(lambda: runtime.status(ONE) == "SUCCESS")
    assert runtime.delete_ended(before=datetime.now(UTC) - timedelta(days=30)) == 0
    assert (
        runtime.delete_ended(before=datetime.now(UTC) + timedelta(seconds=1)) == 1
        and runtime.status(ONE) is None
    )


def test_work_that_nobody_knows_is_refused(process: Process) -> None:
    runtime = process.start("one", count=Work())
    with pytest.raises(NoDurableWork):
        begin(runtime, ONE, "of.tomorrow")


@pytest.mark.postgresql
def test_the_role_that_serves_needs_no_right_to_create_tables(
    postgresql_url: str, postgresql_server: Any, reporter: Reporter
) -> None:
    upgrade(postgresql_url)
    with create_engine(beside(postgresql_url)).begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS serving"))
        connection.execute(text("CREATE ROLE serving LOGIN"))
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        for statement in grants("serving"):
            connection.execute(text(statement))
    process = Process(postgresql_url.replace("postgres:@", "serving:@", 1), reporter)
    work = Work()
    work.go_on.set()
    try:
        begin(process.start("one", count=work))
        wait_until(lambda: reporter.ends)
    finally:
        process.stop()
        with create_engine(beside(postgresql_url)).begin() as connection:
            connection.execute(text("DROP OWNED BY serving"))
            connection.execute(text("DROP ROLE serving"))


def table(url: str, name: str) -> str:
    return f"{SCHEMA}.{name}" if url.startswith("postgresql") else name


def everything(url: str) -> str:
    """All that the tables of durable work hold, as text."""
    values: list[str] = []
    with create_engine(beside(url)).connect() as connection:
        for name in ("workflow_status", "workflow_input", "workflow_output", "operation_outputs"):
            rows = connection.execute(text(f"SELECT * FROM {table(url, name)}")).all()
            values += [str(value) for row in rows for value in row]
    return "\n".join(values)
