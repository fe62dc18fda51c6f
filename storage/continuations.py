"""Requests whose work goes on elsewhere: kept until their end is there and was shown.

The inbox entry of such a request stays open meanwhile (`continued`), and is given back to the pool together
with the end: so it is concluded by lease, once, in whichever replica, like any other request.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from storage.database import Database
from storage.inbox import CONTINUED, DONE, WAITING, InboxEntry
from storage.models import ContinuationRow, InboxRow


@dataclasses.dataclass(frozen=True, kw_only=True)
class Continuation:
    """One request that goes on: which work, with what; its end once that is there. All of it plain JSON.

    `request` is the request as it was understood: a form's, for example, with the place that it was opened
    in.
    """

    operation: str
    project: str
    action: dict[str, Any]
    request: dict[str, Any]
    work: str
    input: dict[str, Any]
    begun_at: datetime
    end: dict[str, Any] | None = None
    ended_at: datetime | None = None
    concluded_at: datetime | None = None


class ContinuationRepository:
    """Continuations in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, made: Continuation, *, entry: InboxEntry) -> Continuation:
        """Keep a continuation, unless its operation has one already; return what is kept.

        A request that is in no inbox (a terminal's) is put there, open: somebody else may have to end it.
        """
        with self._database.writing() as connection:
            known = connection.execute(_of(made.operation)).mappings().first()
            if known is not None:
                return Continuation(**known)
            connection.execute(insert(ContinuationRow).values(**dataclasses.asdict(made)))
            there = select(InboxRow.id).where(InboxRow.operation == made.operation)
            if connection.execute(there).first() is None:
                connection.execute(
                    insert(InboxRow).values(
                        key=entry.key,
                        operation=entry.operation,
                        payload=entry.payload,
                        received_at=entry.received_at,
                        state=CONTINUED,
                        attempts=1,
                    )
                )
        return made

    def get(self, operation: str) -> Continuation | None:
        """Look one up."""
        with self._database.reading() as connection:
            found = connection.execute(_of(operation)).mappings().first()
        return Continuation(**found) if found is not None else None

    def ended(self, operation: str) -> bool:
        """Whether the end of an operation's work is there."""
        found = select(ContinuationRow.operation).where(
            ContinuationRow.operation == operation, ContinuationRow.end.is_not(None)
        )
        with self._database.reading() as connection:
            return connection.execute(found).first() is not None

    def unended(self) -> list[Continuation]:
        """Those whose work has not come to its end, oldest first."""
        statement = select(*_COLUMNS).where(ContinuationRow.end.is_(None)).order_by(ContinuationRow.begun_at)
        with self._database.reading() as connection:
            return [Continuation(**found) for found in connection.execute(statement).mappings()]

    def end(self, operation: str, *, end: dict[str, Any], now: datetime) -> bool:
        """Keep the end of the work and give the request back to the pool; False if it had an end before."""
        ended = (
            update(ContinuationRow)
            .where(ContinuationRow.operation == operation, ContinuationRow.end.is_(None))
            .values(end=end, ended_at=now)
            .returning(ContinuationRow.operation)
        )
        given_back = update(InboxRow).where(InboxRow.operation == operation, InboxRow.state == CONTINUED)
        with self._database.writing() as connection:
            fresh = connection.execute(ended).first() is not None
            connection.execute(given_back.values(state=WAITING, owner=None, lease_until=None))
        return fresh

    def conclude(self, operation: str, *, now: datetime) -> None:
        """Note that the end was written and shown: nothing is left to do."""
        waiting = update(InboxRow).where(
            InboxRow.operation == operation, InboxRow.state.in_([CONTINUED, WAITING])
        )  # a leased entry is ended by whoever leased it
        with self._database.writing() as connection:
            connection.execute(
                update(ContinuationRow).where(ContinuationRow.operation == operation).values(concluded_at=now)
            )
            connection.execute(waiting.values(state=DONE, finished_at=now))


_COLUMNS = [getattr(ContinuationRow, field.name) for field in dataclasses.fields(Continuation)]


def _of(operation: str) -> Any:
    return select(*_COLUMNS).where(ContinuationRow.operation == operation)
