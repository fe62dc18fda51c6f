"""Many migrations of one project on the real DBOS: few work at once, and any number may wait for people
or for time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.adapters.durable.flow import Flow, Json
from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import Runtime
from bot.app.workflows import MIGRATIONS, MOST_OPEN_MIGRATIONS
from bot.common.problems import Refusal
from bot.migration.workflow import step_runner
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.steps.soak import soak
from storage.cluster_migrations import DONE, ClusterMigrationRepository
from storage.database import Database
from storage.migration_permits import MigrationPermitRepository
from storage.models.clusters import MigrationTurnRow
from tests.support.cluster_migrations import cluster_migration
from tests.unit.migration.builders import workload
from tests.unit.migration.planning.plans import plan

MANY, FEW, AT_ONCE = 50, 10, 2
pytestmark = pytest.mark.timeout(300)


def utc_now() -> datetime:
    return datetime.now(UTC)


class CountedMigrations:
    """Migrations that work for a moment at each step, soak, and work once more; it is counted how many
    at once.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.register = ClusterMigrationRepository(database)
        self.turns = MigrationPermitRepository(database)
        self.plan = plan(workload(name="web"))
        self.lock = threading.Lock()
        self.working: set[str] = set()
        self.most = 0
        self.soaking: set[str] = set()
        self.enough = threading.Event()
        self.done: list[str] = []

    def begin(self, runtime: Runtime, number: int) -> None:
        migration = cluster_migration(number, operation=f"{number:032x}", begun_at=utc_now())
        self.register.create(migration)
        runtime.start_workflow(
            "migrate",
            operation=migration.operation,
            project="shop",
            workflow_input={"migration": migration.id},
        )

    def __call__(self, flow: Flow, arguments: Json) -> object:
        name = arguments["migration"]
        unused: Any = None  # no step here looks at a cluster, or asks for a decision
        run = Run(
            flow=flow,
            plan=self.plan.model_copy(update={"migration": name}),
            began=utc_now(),
            ports=unused,
            decisions=unused,
            register=self.register,
            limiter=self.turns,
            limit=lambda: AT_ONCE,
            retry_within=lambda: timedelta(seconds=60),
            now=utc_now,
        )
        for step in (Step.DEPLOY, Step.COPY):
            run.begin(step)
            run.steps.do("work", lambda: self._works(name))
        soak(run, timedelta(0))
        run.steps.idle("wait", lambda: self._soaks(name), detail="waits")
        run.begin(Step.DELETE)
        run.steps.do("work", lambda: self._works(name))
        flow.step("ended", lambda: self._ends(name))
        raise Refusal("done")

    def lines(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(select(MigrationTurnRow.migration)).scalars())

    def _works(self, name: str) -> Json:
        with self.lock:
            self.working.add(name)
            self.most = max(self.most, len(self.working))
        time.sleep(0.02)
        with self.lock:
            self.working.discard(name)
        return {}

    def _soaks(self, name: str) -> Json | None:
        with self.lock:
            self.soaking.add(name)
        return {} if self.enough.is_set() else None

    def _ends(self, name: str) -> Json:
        self.register.update_state(name, state=DONE, ended_at=utc_now())
        self.done.append(name)
        return {}


class Silent:
    """To whom nothing matters but the ends."""

    def __init__(self) -> None:
        self.ends: list[Json] = []

    def report_progress(self, operation: str, state: object) -> None: ...

    def report_state(self, operation: str, name: str, state: object) -> None: ...

    def report_outcome(self, operation: str, outcome: Json) -> None:
        self.ends.append(outcome)


@pytest.fixture
def reporter() -> Silent:
    return Silent()


@pytest.fixture
def migrations(database: Database) -> CountedMigrations:
    return CountedMigrations(database)


@pytest.fixture
def start(
    database_url: str, migrations: CountedMigrations, reporter: Silent, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Runtime]]:
    """Starts a process' durable work, after it has let go of what it had."""
    monkeypatch.setattr(step_runner, "IDLE_SECONDS", 0.5)
    running: list[Runtime] = []

    def begin() -> Runtime:
        for runtime in running:
            runtime.stop()
        runtime = Runtime(
            database_url, outcomes=OutcomeCodec({}), per_project={MIGRATIONS: lambda: MOST_OPEN_MIGRATIONS}
        )
        runtime.register("migrate", migrations, queue=MIGRATIONS)
        runtime.launch(executor="one", reporter=reporter)
        running[:] = [runtime]
        return runtime

    yield begin
    for runtime in running:
        runtime.stop()


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_fifty_soak_at_once_while_never_more_than_two_worked(
    start: Callable[[], Runtime], migrations: CountedMigrations, reporter: Silent
) -> None:
    runtime = start()
    for number in range(MANY):
        migrations.begin(runtime, number)
    until(lambda: len(migrations.soaking) == MANY)
    assert migrations.most <= AT_ONCE and not migrations.done
    migrations.enough.set()
    until(lambda: len(reporter.ends) == MANY)
    assert len(set(migrations.done)) == MANY == len(migrations.done)
    assert 0 < migrations.most <= AT_ONCE


def test_a_restart_in_the_middle_loses_no_turn_and_leaves_none_behind(
    start: Callable[[], Runtime], migrations: CountedMigrations, reporter: Silent
) -> None:
    runtime = start()
    for number in range(FEW):
        migrations.begin(runtime, number)
    for some in (2, FEW // 2, FEW):
        until(lambda some=some: len(migrations.soaking) >= some)  # type: ignore[misc]
        start()
    migrations.enough.set()
    until(lambda: len(migrations.done) >= FEW // 2)
    start()
    until(lambda: len(reporter.ends) == FEW)
    assert len(set(migrations.done)) == FEW and 0 < migrations.most <= AT_ONCE
    assert not migrations.lines(), "who has ended holds none and waits for none"
