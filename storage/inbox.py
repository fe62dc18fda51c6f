"""The inbox: what was said, kept until it is answered, worked on by one replica at a time by lease."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.models import ContinuationRow, InboxRow

WAITING, LEASED, CONTINUED, DONE = "waiting", "leased", "continued", "done"


@dataclasses.dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """One thing said: `key` is unique per thing, `payload` is plain JSON."""

    key: str
    operation: str
    payload: dict[str, Any]
    received_at: datetime

    def encode(self) -> dict[str, Any]:
        """As JSON, for an entry that is made later."""
        return dataclasses.asdict(self) | {"received_at": self.received_at.isoformat()}

    @classmethod
    def decode(cls, data: dict[str, Any]) -> InboxEntry:
        """Read what `encode` wrote."""
        return cls(**data | {"received_at": datetime.fromisoformat(data["received_at"])})


@dataclasses.dataclass(frozen=True, kw_only=True)
class LeasedEntry:
    """An entry that one replica may work on until its lease ends; `attempt` counts from 1."""

    id: int
    operation: str
    payload: dict[str, Any]
    attempt: int
    received_at: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backlog:
    """How much is waiting and being worked on."""

    waiting: int
    leased: int
    continued: int = 0  # answered elsewhere, later


class InboxRepository:
    """The inbox in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(self, entry: InboxEntry) -> bool:
        """Keep an entry; False if its key is known. Durable when it returns."""
        with self._database.writing() as connection:
            return accept_in(connection, entry)

    def lease(self, *, owner: str, now: datetime, seconds: float, limit: int) -> list[LeasedEntry]:
        """Take the oldest entries that wait, or whose lease has ended, for one owner."""
        free = or_(InboxRow.state == WAITING, and_(InboxRow.state == LEASED, InboxRow.lease_until <= now))
        chosen = select(InboxRow.id).where(free).order_by(InboxRow.id).limit(limit)
        with self._database.writing() as connection:
            ids = connection.execute(chosen.with_for_update(skip_locked=True)).scalars().all()
            if not ids:
                return []
            taken = connection.execute(
                update(InboxRow)
                .where(InboxRow.id.in_(ids))
                .values(
                    state=LEASED,
                    owner=owner,
                    lease_until=now + timedelta(seconds=seconds),
                    attempts=InboxRow.attempts + 1,
                )
                .returning(
                    InboxRow.id, InboxRow.operation, InboxRow.payload, InboxRow.attempts, InboxRow.received_at
                )
            ).all()
        entries = [
            LeasedEntry(
                id=row.id,
                operation=row.operation,
                payload=row.payload,
                attempt=row.attempts,
                received_at=row.received_at,
            )
            for row in taken
        ]
        return sorted(entries, key=lambda entry: entry.id)

    def renew(self, ids: Sequence[int], *, owner: str, until: datetime) -> list[int]:
        """Prolong leases; returns those that are still this owner's."""
        if not ids:
            return []
        statement = (
            update(InboxRow)
            .where(InboxRow.id.in_(ids), InboxRow.owner == owner, InboxRow.state == LEASED)
            .values(lease_until=until)
            .returning(InboxRow.id)
        )
        with self._database.writing() as connection:
            return list(connection.execute(statement).scalars())

    def finish(self, entry: int, *, owner: str, now: datetime) -> bool:
        """Mark an entry as answered; False if its lease went to another owner meanwhile.

        One whose work goes on elsewhere stays open, or waits at once if the end of that is there already.
        """
        operation = select(InboxRow.operation).where(InboxRow.id == entry).scalar_subquery()
        continued = select(ContinuationRow.ended_at).where(
            ContinuationRow.operation == operation, ContinuationRow.concluded_at.is_(None)
        )
        held = update(InboxRow).where(InboxRow.id == entry, InboxRow.owner == owner, InboxRow.state == LEASED)
        with self._database.writing() as connection:
            going_on = connection.execute(continued.with_for_update()).first()
            if going_on is None:
                statement = held.values(state=DONE, finished_at=now, lease_until=None)
            else:
                state = CONTINUED if going_on.ended_at is None else WAITING
                statement = held.values(state=state, owner=None, lease_until=None)
            return connection.execute(statement.returning(InboxRow.id)).first() is not None

    def release(self, *, owner: str, only: Sequence[int] | None = None) -> int:
        """Give back what an owner holds: after its restart, or when it stops."""
        statement = update(InboxRow).where(InboxRow.owner == owner, InboxRow.state == LEASED)
        if only is not None:
            statement = statement.where(InboxRow.id.in_(only))
        released = statement.values(state=WAITING, owner=None, lease_until=None).returning(InboxRow.id)
        with self._database.writing() as connection:
            return len(connection.execute(released).all())

    def is_open(self, operation: str) -> bool:
        """Whether an operation still waits for its answer."""
        statement = select(InboxRow.id).where(InboxRow.operation == operation, InboxRow.state != DONE)
        with self._database.reading() as connection:
            return connection.execute(statement).first() is not None

    def backlog(self) -> Backlog:
        """Count what is open."""
        statement = (
            select(InboxRow.state, func.count()).where(InboxRow.state != DONE).group_by(InboxRow.state)
        )
        with self._database.reading() as connection:
            counts: dict[str, int] = dict(connection.execute(statement).all())
        return Backlog(
            waiting=counts.get(WAITING, 0), leased=counts.get(LEASED, 0), continued=counts.get(CONTINUED, 0)
        )

    def prune(self, *, before: datetime) -> int:
        """Forget entries that were answered before a time; their keys are then unknown again."""
        ended = delete(ContinuationRow).where(ContinuationRow.concluded_at < before)
        statement = delete(InboxRow).where(InboxRow.state == DONE, InboxRow.finished_at < before)
        with self._database.writing() as connection:
            connection.execute(ended)
            return len(connection.execute(statement.returning(InboxRow.id)).all())


def accept_in(connection: Connection, entry: InboxEntry) -> bool:
    """Keep an entry as a part of somebody else's transaction; False if its key is known."""
    known = select(InboxRow.id).where(InboxRow.key == entry.key)
    if connection.execute(known).first() is not None:
        return False
    statement = insert(InboxRow).values(**dataclasses.asdict(entry), state=WAITING, attempts=0)
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:
        return False
    return True
