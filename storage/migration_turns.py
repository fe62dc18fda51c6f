"""Turns of migrations: so many of a project are at work at once, and the others wait in the order of asking.

A turn belongs to a migration, not to the process that works on it, so a crash or a take-over neither loses
nor leaks one. What is waited for is not asked of a queue of workflows: there a migration that only waits for
people or for time would keep the others from beginning.
"""

from __future__ import annotations

import dataclasses

from sqlalchemy import Connection, delete, exists, func, insert, select, text, update

from storage.database import Database
from storage.models import ContinuationRow, MigrationTurnRow

LOCK = 0x786B3874  # advisory lock on PostgreSQL, one per project: who asks at one moment is served in turn


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConcurrencyPermit:
    """Whether a migration may work, and how many of its project are at work, itself included if it is."""

    held: bool
    at_work: int


@dataclasses.dataclass(frozen=True)
class _Line:
    """The migrations of one project that are at work or wait, in the order of asking."""

    working: tuple[str, ...]
    waiting: tuple[str, ...]

    def free_for(self, migration: str, at_once: int | None) -> bool:
        """Whether there is room for one that waits, and for all that came before it."""
        if at_once is None:
            return True
        return len(self.working) + self.waiting.index(migration) < at_once


class MigrationTurnRepository:
    """Turns in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, migration: str, *, operation: str, project: str, at_once: int | None) -> ConcurrencyPermit:
        """Take a turn if there is one, else stand in line; what it has or where it stands it keeps, asked
        again.

        `at_once`: how many of the project may work at once; None: it waits for nobody.
        """
        with (
            self._database.reading() as connection
        ):  # most calls change nothing: no writer is held up by them
            line = _line(connection, project)
        if migration in line.working or (migration in line.waiting and not line.free_for(migration, at_once)):
            return ConcurrencyPermit(held=migration in line.working, at_work=len(line.working))
        with self._database.writing() as connection:
            if self._database.dialect == "postgresql":
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock, hashtext(:project))"),
                    {"lock": LOCK, "project": project},
                )
            line = _line(connection, project)  # what the lock was waited for may have changed it
            if migration in line.working:
                return ConcurrencyPermit(held=True, at_work=len(line.working))
            if migration not in line.waiting:
                line = _joined(connection, line, migration, operation, project)
            if not line.free_for(migration, at_once):
                return ConcurrencyPermit(held=False, at_work=len(line.working))
            mine = update(MigrationTurnRow).where(MigrationTurnRow.migration == migration)
            connection.execute(mine.values(working=True))
            return ConcurrencyPermit(held=True, at_work=len(line.working) + 1)

    def give_back(self, migration: str) -> None:
        """Hold no turn and stand in no line; whoever has none keeps having none."""
        with self._database.writing() as connection:
            connection.execute(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))


def _joined(connection: Connection, line: _Line, migration: str, operation: str, project: str) -> _Line:
    """The line with one more at its end."""
    last = select(func.coalesce(func.max(MigrationTurnRow.place), 0)).where(
        MigrationTurnRow.project == project
    )
    place = int(connection.execute(last).scalar_one()) + 1
    values = {
        "migration": migration,
        "operation": operation,
        "project": project,
        "place": place,
        "working": False,
    }
    connection.execute(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))
    connection.execute(insert(MigrationTurnRow).values(**values))
    return dataclasses.replace(line, waiting=(*line.waiting, migration))


def _line(connection: Connection, project: str) -> _Line:
    """What somebody's work has left behind that was given up counts for nothing."""
    given_up = exists().where(
        ContinuationRow.operation == MigrationTurnRow.operation, ContinuationRow.end.is_not(None)
    )
    rows = connection.execute(
        select(MigrationTurnRow.migration, MigrationTurnRow.working)
        .where(MigrationTurnRow.project == project, ~given_up)
        .order_by(MigrationTurnRow.place)
    ).all()
    return _Line(
        working=tuple(each for each, works in rows if works),
        waiting=tuple(each for each, works in rows if not works),
    )
