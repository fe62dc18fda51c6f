"""Reservations of names that operations are about to use, because Magnum would give one name to two clusters.

Table `reservations`. The primary key makes a name unique within its scope; an operation that has ended holds
no reservation any more, whether or not it has released it.
"""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from storage.models.requests import ContinuationRow, ReservationRow
from storage.repository import Repository


class ReservationRepository(Repository):
    """The reserved names. `scope` is what a name is unique within."""

    def reserve(self, scope: str, name: str, *, operation: str, now: datetime) -> str:
        """Reserve a name; return the operation that holds it: this one, or the one that came first."""
        same_name = (ReservationRow.scope == scope, ReservationRow.name == name)
        ended = select(ContinuationRow.operation).where(ContinuationRow.end.is_not(None))
        reserved = insert(ReservationRow).values(scope=scope, name=name, operation=operation, made_at=now)
        with self._database.writing() as connection:
            connection.execute(delete(ReservationRow).where(*same_name, ReservationRow.operation.in_(ended)))
            try:
                with connection.begin_nested():
                    connection.execute(reserved)
            except IntegrityError:
                holder = select(ReservationRow.operation).where(*same_name)
                return str(connection.execute(holder).scalar_one())
        return operation

    def release(self, scope: str, name: str, *, operation: str) -> None:
        """Release a name, if this operation holds it."""
        same_name = (ReservationRow.scope == scope, ReservationRow.name == name)
        self._write(delete(ReservationRow).where(*same_name, ReservationRow.operation == operation))
