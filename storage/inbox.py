"""The inbox: requests that are stored before they are acknowledged, and worked on under a lease.

Table `inbox`. An entry is unique by its idempotency key, so that a redelivery is recognised; it stays for a
while after its answer for the same reason. At any moment at most one replica holds the lease of an entry: a
lease is taken and renewed in one transaction, and one that has run out may be taken by another replica. A
request may therefore be worked on twice, and whoever works on it must be safe to repeat.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.models.requests import ContinuationRow, InboxRow
from storage.repository import Repository

WAITING, LEASED, CONTINUED, DONE = "waiting", "leased", "continued", "done"


@dataclasses.dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """One request as it was received: `key` is its idempotency key, `payload` is plain JSON."""

    key: str
    operation: str
    payload: dict[str, Any]
    received_at: datetime

    def encode(self) -> dict[str, Any]:
        """Return the entry as JSON, to be stored until it is put into the inbox."""
        return dataclasses.asdict(self) | {"received_at": self.received_at.isoformat()}

    @classmethod
    def decode(cls, data: dict[str, Any]) -> InboxEntry:
        """Return the entry that `encode` has made JSON of."""
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
    """How many entries are open, by state."""

    waiting: int
    leased: int
    continued: int = 0  # long-running operations, whose answer comes later


class InboxRepository(Repository):
    """The inbox of all replicas."""

    def accept(self, entry: InboxEntry) -> bool:
        """Store an entry; return False if its key is known. The entry is on the disk when this returns."""
        with self._database.writing() as connection:
            return accept_in(connection, entry)

    def lease(self, *, owner: str, now: datetime, seconds: float, limit: int) -> list[LeasedEntry]:
        """Lease the oldest entries that wait, or whose lease has run out, to one owner."""
        free = or_(InboxRow.state == WAITING, and_(InboxRow.state == LEASED, InboxRow.lease_until <= now))
        oldest = select(InboxRow.id).where(free).order_by(InboxRow.id).limit(limit)
        leased = {"state": LEASED, "owner": owner, "lease_until": now + timedelta(seconds=seconds)}
        with self._database.writing() as connection:
            ids = connection.execute(oldest.with_for_update(skip_locked=True)).scalars().all()
            lease = update(InboxRow).where(InboxRow.id.in_(ids))
            lease = lease.values(**leased, attempts=InboxRow.attempts + 1)
            rows = connection.execute(lease.returning(*_LEASED_COLUMNS)).mappings().all() if ids else []
        return sorted((LeasedEntry(**row) for row in rows), key=lambda entry: entry.id)

    def renew(self, ids: Sequence[int], *, owner: str, until: datetime) -> list[int]:
        """Prolong leases; return the ids of those that still belong to this owner."""
        if not ids:
            return []
        lease = (InboxRow.id.in_(ids), InboxRow.owner == owner, InboxRow.state == LEASED)
        with self._database.writing() as connection:
            renewal = update(InboxRow).where(*lease).values(lease_until=until).returning(InboxRow.id)
            return list(connection.execute(renewal).scalars())

    def finish(self, entry: int, *, owner: str, now: datetime) -> bool:
        """Mark an entry as answered; return False if its lease went to another owner in the meantime.

        The entry of a long-running operation stays open instead, and waits to be answered at once if the
        operation has ended already.
        """
        operation = select(InboxRow.operation).where(InboxRow.id == entry).scalar_subquery()
        long_running = select(ContinuationRow.ended_at).where(
            ContinuationRow.operation == operation, ContinuationRow.concluded_at.is_(None)
        )
        lease = (InboxRow.id == entry, InboxRow.owner == owner, InboxRow.state == LEASED)
        with self._database.writing() as connection:
            unfinished = connection.execute(long_running.with_for_update()).first()
            values: dict[str, Any] = {"state": DONE, "finished_at": now}
            if unfinished is not None:
                state = CONTINUED if unfinished.ended_at is None else WAITING
                values = {"state": state, "owner": None}
            answered = update(InboxRow).where(*lease).values(**values, lease_until=None)
            return connection.execute(answered).rowcount > 0

    def release(self, *, owner: str, only: Sequence[int] | None = None) -> int:
        """Give back the leases of an owner, after its restart or when it stops; return how many."""
        leases = [InboxRow.owner == owner, InboxRow.state == LEASED]
        if only is not None:
            leases.append(InboxRow.id.in_(only))
        with self._database.writing() as connection:
            released = update(InboxRow).where(*leases).values(state=WAITING, owner=None, lease_until=None)
            return connection.execute(released).rowcount

    def is_open(self, operation: str) -> bool:
        """Return whether an operation still waits for its answer."""
        entry = select(InboxRow.id).where(InboxRow.operation == operation, InboxRow.state != DONE)
        return self._row(entry) is not None

    def backlog(self) -> Backlog:
        """Count the open entries."""
        open_states = select(InboxRow.state, func.count().label("entries")).where(InboxRow.state != DONE)
        counts = {row["state"]: row["entries"] for row in self._rows(open_states.group_by(InboxRow.state))}
        return Backlog(**{state: counts.get(state, 0) for state in (WAITING, LEASED, CONTINUED)})

    def prune(self, *, before: datetime) -> int:
        """Delete entries that were answered before a time, whose keys are then unknown; return how many."""
        with self._database.writing() as connection:
            connection.execute(delete(ContinuationRow).where(ContinuationRow.concluded_at < before))
            answered = delete(InboxRow).where(InboxRow.state == DONE, InboxRow.finished_at < before)
            return connection.execute(answered).rowcount


_LEASED_COLUMNS = (
    InboxRow.id,
    InboxRow.operation,
    InboxRow.payload,
    InboxRow.attempts.label("attempt"),
    InboxRow.received_at,
)


def accept_in(connection: Connection, entry: InboxEntry) -> bool:
    """Store an entry as a part of the caller's transaction; return False if its key is known."""
    same_key = select(InboxRow.id).where(InboxRow.key == entry.key)
    if connection.execute(same_key).first() is not None:
        return False
    try:
        with connection.begin_nested():
            values = dataclasses.asdict(entry)
            connection.execute(insert(InboxRow).values(**values, state=WAITING, attempts=0))
    except IntegrityError:  # another replica has stored it in the meantime
        return False
    return True
