"""Turns of migrations: so many of a project are at work at once, and the others wait in the order of asking.

A turn belongs to a migration, not to the process that works on it, so a crash or a take-over neither loses nor leaks
one. What is waited for is not asked of a queue of workflows: there a migration that only waits for people or for time
would keep the others from beginning.
"""

from __future__ import annotations

import dataclasses

from sqlalchemy import Connection, delete, exists, func, insert, select, text, update

from storage.cluster_migrations import OPEN_STATES
from storage.database import Database
from storage.models import ContinuationRow, MigrationRow, MigrationTurnRow

LOCK = 0x786B3874  # advisory lock on PostgreSQL, one per project: who asks at one moment is served in turn


@dataclasses.dataclass(frozen=True, kw_only=True)
class Turn:
    """Whether a migration may work, and how many of its project are at work, itself included if it is."""

    held: bool
    at_work: int


@dataclasses.dataclass(frozen=True)
class _Line:
    """The migrations of one project that are at work or wait, in the order of asking."""

    project: str
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

    def take(self, migration: str, *, at_once: int | None) -> Turn:
        """Take a turn if there is one, else stand in line; what it has or where it stands it keeps, asked again.

        `at_once`: how many of the project may work at once; None: it waits for nobody. Raises `LookupError` for a
        migration that was not noted.
        """
        with self._database.reading() as connection:  # most calls change nothing: no writer is held up by them
            line = _line(connection, migration)
        if migration in line.working or (migration in line.waiting and not line.free_for(migration, at_once)):
            return Turn(held=migration in line.working, at_work=len(line.working))
        with self._database.writing() as connection:
            if self._database.dialect == "postgresql":
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock, hashtext(:project))"),
                    {"lock": LOCK, "project": line.project},
                )
            return _taken(connection, migration, at_once)

    def give_back(self, migration: str) -> None:
        """Hold no turn and stand in no line; whoever has none keeps having none."""
        with self._database.writing() as connection:
            connection.execute(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))


def _taken(connection: Connection, migration: str, at_once: int | None) -> Turn:
    line = _line(connection, migration)  # read again: what the lock was waited for has changed it
    if migration in line.working:
        return Turn(held=True, at_work=len(line.working))
    if migration not in line.waiting:
        last = select(func.coalesce(func.max(MigrationTurnRow.place), 0)).where(
            MigrationTurnRow.project == line.project
        )
        place = int(connection.execute(last).scalar_one()) + 1
        connection.execute(
            insert(MigrationTurnRow).values(migration=migration, project=line.project, place=place, working=False)
        )
        line = dataclasses.replace(line, waiting=(*line.waiting, migration))
    if not line.free_for(migration, at_once):
        return Turn(held=False, at_work=len(line.working))
    connection.execute(update(MigrationTurnRow).where(MigrationTurnRow.migration == migration).values(working=True))
    return Turn(held=True, at_work=len(line.working) + 1)


def _line(connection: Connection, migration: str) -> _Line:
    """A migration that has ended, or whose work has, counts for nothing, whatever it left behind."""
    of = select(MigrationRow.project).where(MigrationRow.id == migration)
    project = connection.execute(of).scalar_one_or_none()
    if project is None:
        raise LookupError(f"there is no migration {migration}")
    ended = exists().where(ContinuationRow.operation == MigrationRow.operation, ContinuationRow.end.is_not(None))
    rows = connection.execute(
        select(MigrationTurnRow.migration, MigrationTurnRow.working)
        .join(MigrationRow, MigrationRow.id == MigrationTurnRow.migration)
        .where(MigrationTurnRow.project == project, MigrationRow.state.in_(OPEN_STATES), ~ended)
        .order_by(MigrationTurnRow.place)
    ).all()
    return _Line(
        project=str(project), working=tuple(each for each, works in rows if works),
        waiting=tuple(each for each, works in rows if not works),
    )  # fmt: skip
