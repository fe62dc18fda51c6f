"""Names that an operation is about to take: Magnum would give one name to two clusters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.models import ContinuationRow, ReservationRow


class ReservationRepository:
    """Reservations in the database. `scope` is what a name is unique within."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, scope: str, name: str, *, operation: str, now: datetime) -> str:
        """Reserve a name; returns the operation that has it: this one, or the one that was first.

        What an operation that has ended left behind counts for nothing.
        """
        this = (ReservationRow.scope == scope, ReservationRow.name == name)
        ended = select(ContinuationRow.operation).where(ContinuationRow.end.is_not(None))
        made = insert(ReservationRow).values(scope=scope, name=name, operation=operation, made_at=now)
        with self._database.writing() as connection:
            connection.execute(delete(ReservationRow).where(*this, ReservationRow.operation.in_(ended)))
            try:
                with connection.begin_nested():
                    connection.execute(made)
            except IntegrityError:
                return str(connection.execute(select(ReservationRow.operation).where(*this)).scalar_one())
        return operation

    def release(self, scope: str, name: str, *, operation: str) -> None:
        """Give a name back, if this operation has it."""
        mine = delete(ReservationRow).where(
            ReservationRow.scope == scope, ReservationRow.name == name, ReservationRow.operation == operation
        )
        with self._database.writing() as connection:
            connection.execute(mine)
