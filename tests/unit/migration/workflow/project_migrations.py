"""A project with some migrations in its database, whose workflows are played without DBOS."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow.events import MigrationPaused, MigrationStepDone
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import Signal
from storage.cluster_migrations import ClusterMigrationRepository
from storage.database import Database
from storage.migration_permits import MigrationPermitRepository
from storage.models.clusters import MigrationTurnRow
from tests.support.cluster_migrations import cluster_migration
from tests.unit.clusters.lifecycle.journal_flow import Clock, Journal, JournalRun
from tests.unit.migration.builders import workload
from tests.unit.migration.planning.plans import plan

AT_ONCE = 2


class BusyClock(Clock):
    """A clock that moves when somebody waits; meanwhile others do something."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], None]] = []

    def wait(self, seconds: float) -> bool:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return super().wait(seconds)


class ProjectMigrations:
    """A project with some migrations in its database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = BusyClock()
        self.register = ClusterMigrationRepository(database)
        self.turns = MigrationPermitRepository(database)
        self.plan: MigrationPlan = plan(workload(name="web"))
        for name in ("m1", "m2", "m3", "m4"):
            self.store(name, operation=f"of-{name}")

    def store(self, name: str, *, operation: str) -> None:
        self.register.create(
            cluster_migration(
                id=name,
                operation=operation,
                source=f"id-{name}",
                begun_at=self.clock.now,
                waits="waits for its turn",
            )
        )

    def run(
        self, name: str, journal: Journal | None = None, *, ports: Any = None, decisions: Any = None
    ) -> tuple[Run, JournalRun]:
        """One run of a migration, from its beginning."""
        played = JournalRun(journal or Journal(), self.clock)
        run = Run(
            flow=played.flow,
            plan=self.plan.model_copy(update={"migration": name}),
            began=self.clock.now,
            ports=ports,
            decisions=decisions,
            register=self.register,
            limiter=self.turns,
            limit=lambda: AT_ONCE,
            retry_within=lambda: timedelta(seconds=60),
            now=self.clock,
        )
        return run, played

    def work(self, name: str) -> None:
        assert self.takes(name)

    def takes(self, name: str) -> bool:
        return self.turns.acquire(name, operation=f"of-{name}", project="shop", limit=AT_ONCE).held

    def working(self) -> set[str]:
        """Which migrations hold a turn now."""
        holders = select(MigrationTurnRow.migration).where(MigrationTurnRow.working)
        with self.database.reading() as connection:
            return set(connection.execute(holders).scalars())

    def waits(self, name: str) -> str:
        row = self.register.get(name)
        assert row is not None
        return row.waits

    def signal(self, name: str, word: Signal) -> None:
        self.register.send_signal(name, str(word), by="ana", operation=f"wish-{word}")


@contextmanager
def project_migrations(folder: pathlib.Path) -> Iterator[ProjectMigrations]:
    """A project with a database of its own."""
    database = Database.open(f"sqlite:///{folder}/project.sqlite3")
    database.upgrade()
    yield ProjectMigrations(database)
    database.dispose()


def results(played: JournalRun) -> list[str]:
    """What the steps that are done have told in the thread."""
    return [event.said for _name, event in played.told.changes if isinstance(event, MigrationStepDone)]


def pauses(played: JournalRun) -> list[MigrationPaused]:
    """The pauses that were told in the thread."""
    return [event for _name, event in played.told.changes if isinstance(event, MigrationPaused)]


def step_names(played: JournalRun) -> list[str]:
    """The names of the recorded steps."""
    return [name for name, _output in played.journal.kept.values()]
