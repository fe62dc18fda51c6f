"""What all repositories share: their database, and the short forms of transactions of one statement.

A method that needs more than one statement opens the transaction itself, so that its guarantee can be read
where it is given.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, RowMapping
from sqlalchemy.orm import InstrumentedAttribute

from storage.database import Database
from storage.models import Base


class Repository:
    """Base of the repositories. Every method raises `DatabaseError` when the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _rows(self, query: Executable) -> Sequence[RowMapping]:
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()

    def _row(self, query: Executable) -> RowMapping | None:
        with self._database.reading() as connection:
            return connection.execute(query).mappings().first()

    def _write(self, statement: Executable) -> bool:
        """Execute a writing statement; return whether any row matched it."""
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount > 0


def columns_of(row: type[Base], record: type, *, without: str = "") -> list[InstrumentedAttribute[Any]]:
    """Return the columns of a table that a dataclass has fields for, in the order of the fields."""
    return [getattr(row, field.name) for field in dataclasses.fields(record) if field.name != without]
