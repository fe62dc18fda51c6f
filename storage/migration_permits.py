"""The concurrency limit of migrations: so many of a project work at once, the others queue in order.

Table `migration_turns`. A permit belongs to a migration, not to the process that works on it, so that a crash
or a take-over neither loses nor leaks one. A queue of DBOS is not used for this: it would count a migration
that only waits for people or for time, and keep others from starting.
"""

import dataclasses

from sqlalchemy import Connection, delete, exists, func, insert, select, text, update

from storage.models.clusters import MigrationTurnRow
from storage.models.requests import ContinuationRow
from storage.repository import Repository

# Advisory lock on PostgreSQL, with the project as the second key: who asks at one moment is served in turn.
LOCK = 0x786B3874


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConcurrencyPermit:
    """Whether a migration may work, and how many of its project work, itself included if it may."""

    held: bool
    at_work: int


@dataclasses.dataclass(frozen=True)
class _Queue:
    """The migrations of one project that work or wait, in the order of asking."""

    working: tuple[str, ...]
    waiting: tuple[str, ...]

    def has_room_for(self, migration: str, limit: int | None) -> bool:
        """Whether there is room for a waiting migration, and for all that wait before it."""
        return limit is None or len(self.working) + self.waiting.index(migration) < limit

    def permit_for(self, migration: str) -> ConcurrencyPermit:
        return ConcurrencyPermit(held=migration in self.working, at_work=len(self.working))


class MigrationPermitRepository(Repository):
    """The permits and the queues of all projects."""

    def acquire(
        self, migration: str, *, operation: str, project: str, limit: int | None
    ) -> ConcurrencyPermit:
        """Take a permit if one is free, else queue. Asked again, a migration keeps its permit or its place.

        `limit` is how many migrations of the project may work at once; None takes a permit in any case.
        """
        queue = self._queue_of(project)  # most calls change nothing, and then no writer waits for them
        waits = migration in queue.waiting and not queue.has_room_for(migration, limit)
        if migration in queue.working or waits:
            return queue.permit_for(migration)
        with self._database.writing() as connection:
            if self._database.dialect == "postgresql":
                lock = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:project))")
                connection.execute(lock, {"lock": LOCK, "project": project})
            queue = _read(connection, project)  # it may have changed while the lock was waited for
            if migration not in (*queue.working, *queue.waiting):
                _append(connection, migration=migration, operation=operation, project=project)
                queue = dataclasses.replace(queue, waiting=(*queue.waiting, migration))
            if migration in queue.waiting and queue.has_room_for(migration, limit):
                permitted = update(MigrationTurnRow).where(MigrationTurnRow.migration == migration)
                connection.execute(permitted.values(working=True))
                queue = dataclasses.replace(queue, working=(*queue.working, migration))
            return queue.permit_for(migration)

    def release(self, migration: str) -> None:
        """Release the permit, or leave the queue; does nothing for a migration that has neither."""
        self._write(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))

    def _queue_of(self, project: str) -> _Queue:
        with self._database.reading() as connection:
            return _read(connection, project)


def _append(connection: Connection, *, migration: str, operation: str, project: str) -> None:
    """Put a migration at the end of its project's queue."""
    places = select(func.coalesce(func.max(MigrationTurnRow.place), 0))
    last = connection.execute(places.where(MigrationTurnRow.project == project)).scalar_one()
    connection.execute(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))
    values = {"migration": migration, "operation": operation, "project": project, "place": int(last) + 1}
    connection.execute(insert(MigrationTurnRow).values(**values, working=False))


def _read(connection: Connection, project: str) -> _Queue:
    """Read a project's queue, without what an operation that has ended has left behind."""
    ended = exists().where(
        ContinuationRow.operation == MigrationTurnRow.operation, ContinuationRow.end.is_not(None)
    )
    turns = select(MigrationTurnRow.migration, MigrationTurnRow.working)
    turns = turns.where(MigrationTurnRow.project == project, ~ended).order_by(MigrationTurnRow.place)
    rows = connection.execute(turns).all()
    return _Queue(
        working=tuple(migration for migration, working in rows if working),
        waiting=tuple(migration for migration, working in rows if not working),
    )
