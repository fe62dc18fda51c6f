"""Long-running operations: requests that continue as a durable workflow, until their outcome is shown.

Table `continuations`. The inbox entry of such a request stays open meanwhile (state `continued`). The
transaction that stores the outcome also gives the entry back to the worker pool, so the operation is
concluded under a lease, once, by whichever replica takes it, like any other request.
"""

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from storage.inbox import CONTINUED, DONE, WAITING, InboxEntry
from storage.models.requests import ContinuationRow, InboxRow
from storage.repository import Repository, columns_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class LongRunningOperation:
    """One long-running operation: the workflow, its input, and its outcome (`end`) once there is one.

    Everything is plain JSON. `request` is the request as it was understood: that of a form, for example,
    holds the thread in which the form was opened.
    """

    operation: str
    project: str
    action: dict[str, Any]
    request: dict[str, Any]
    work: str  # the name of the workflow
    input: dict[str, Any]
    begun_at: datetime
    end: dict[str, Any] | None = None
    ended_at: datetime | None = None
    concluded_at: datetime | None = None


class LongRunningOperationRepository(Repository):
    """The long-running operations of all projects."""

    def create(self, continuation: LongRunningOperation, *, entry: InboxEntry) -> LongRunningOperation:
        """Store an operation, unless it is stored already; return what is stored.

        A request that is in no inbox (one of a terminal) gets an open entry there, because another replica
        may have to conclude it.
        """
        operation = continuation.operation
        with self._database.writing() as connection:
            stored = connection.execute(_of(operation)).mappings().first()
            if stored is not None:
                return LongRunningOperation(**stored)
            connection.execute(insert(ContinuationRow).values(**dataclasses.asdict(continuation)))
            in_inbox = select(InboxRow.id).where(InboxRow.operation == operation)
            if connection.execute(in_inbox).first() is None:
                values = dataclasses.asdict(entry)
                connection.execute(insert(InboxRow).values(**values, state=CONTINUED, attempts=1))
        return continuation

    def get(self, operation: str) -> LongRunningOperation | None:
        """Return an operation, None if it is not a long-running one."""
        row = self._row(_of(operation))
        return LongRunningOperation(**row) if row is not None else None

    def has_outcome(self, operation: str) -> bool:
        """Return whether the outcome of an operation is stored."""
        return self._row(_of(operation).where(ContinuationRow.end.is_not(None))) is not None

    def running(self) -> list[LongRunningOperation]:
        """Return the operations that have no outcome yet, oldest first."""
        running = select(*_COLUMNS).where(ContinuationRow.end.is_(None)).order_by(ContinuationRow.begun_at)
        return [LongRunningOperation(**row) for row in self._rows(running)]

    def store_outcome(self, operation: str, *, outcome: dict[str, Any], now: datetime) -> bool:
        """Store the outcome and give the request back to the pool; return False if it had an outcome."""
        running = (ContinuationRow.operation == operation, ContinuationRow.end.is_(None))
        entry = update(InboxRow).where(InboxRow.operation == operation, InboxRow.state == CONTINUED)
        with self._database.writing() as connection:
            ended = connection.execute(
                update(ContinuationRow).where(*running).values(end=outcome, ended_at=now)
            )
            connection.execute(entry.values(state=WAITING, owner=None, lease_until=None))
        return ended.rowcount > 0

    def conclude(self, operation: str, *, now: datetime) -> None:
        """Note that the outcome was audited and shown, so that nothing is left to do."""
        unleased = InboxRow.state.in_([CONTINUED, WAITING])  # whoever leased an entry finishes it
        entry = update(InboxRow).where(InboxRow.operation == operation, unleased)
        conclusion = update(ContinuationRow).where(ContinuationRow.operation == operation)
        with self._database.writing() as connection:
            connection.execute(conclusion.values(concluded_at=now))
            connection.execute(entry.values(state=DONE, finished_at=now))


_COLUMNS = columns_of(ContinuationRow, LongRunningOperation)


def _of(operation: str) -> Select[Any]:
    return select(*_COLUMNS).where(ContinuationRow.operation == operation)
