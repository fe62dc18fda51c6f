"""The links of the audit chain, streamed in order as their bytes are stored.

Verification needs the stored bytes, not what SQLAlchemy would make of them, and must not hold a million
events in memory. PostgreSQL's COPY writes events exactly as `storage.audit_encoding` encodes them. SQLite
joins the columns itself, and only a row with something to escape is taken apart.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg

from storage import audit_encoding
from storage.database import Database, DatabaseError

Link = tuple[int, bytes, bytes, bytes]  # position, previous hash, hash, content
FETCHED = 2_000  # rows that SQLite gives at once


def stream(database: Database, *, until: int | None = None) -> Iterator[Link]:
    """Yield every link in order, up to and including a position. Raises `DatabaseError`."""
    limit = f"WHERE position <= {int(until)}" if until is not None else ""
    return _copy(database, limit) if database.dialect == "postgresql" else _fetch(database, limit)


def _copy(database: Database, limit: str) -> Iterator[Link]:
    columns = ", ".join(("position", "previous", "hash", *audit_encoding.COLUMNS))
    query = f"COPY (SELECT {columns} FROM audit_events {limit} ORDER BY position) TO STDOUT"  # noqa: S608
    try:
        with database.reading() as connection:
            driver = connection.connection.driver_connection
            if driver is None:
                raise DatabaseError("the connection is gone")
            with driver.cursor() as cursor, cursor.copy(query) as rows:
                for row in rows:
                    position, previous, link_hash, content = bytes(row).rstrip(b"\n").split(b"\t", 3)
                    yield int(position), previous, link_hash, content
    except psycopg.Error as error:
        raise DatabaseError(str(error)) from error


def _fetch(database: Database, limit: str) -> Iterator[Link]:
    """Read links from SQLite. The last column may be NULL, so it is not joined: it would look like a text."""
    joined = " || char(9) || ".join(audit_encoding.COLUMNS[:-1])
    columns = f"position, previous, hash, {joined}, {audit_encoding.COLUMNS[-1]}"
    query = f"SELECT {columns} FROM audit_events {limit} ORDER BY position"  # noqa: S608
    row_query = f"SELECT {', '.join(audit_encoding.COLUMNS)} FROM audit_events WHERE position = ?"  # noqa: S608
    with _bytes_connection(database) as connection:
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(FETCHED):
            all_plain = _are_plain(rows)  # asked of all at once, because nearly always they are
            for row in rows:
                position, previous, link_hash, content, last = row
                if all_plain or _are_plain([row]):
                    content += b"\t\\N" if last is None else b"\t%d" % last
                else:
                    content = _escaped(connection.execute(row_query, (position,)).fetchone())
                yield position, previous, link_hash, content


@contextlib.contextmanager
def _bytes_connection(database: Database) -> Iterator[sqlite3.Connection]:
    """A separate reading connection that returns text as its bytes, even where they are no UTF-8."""
    try:
        connection = sqlite3.connect(f"file:{database.engine.url.database}?mode=ro", uri=True)
        connection.text_factory = bytes
        with contextlib.closing(connection):
            yield connection
    except sqlite3.Error as error:
        raise DatabaseError(str(error)) from error


def _are_plain(rows: list[Any]) -> bool:
    """Whether nothing in these rows has to be escaped."""
    try:
        contents = b"".join([row[3] for row in rows])
    except TypeError:  # NULL in a column that must not be NULL
        return False
    tabs = (len(audit_encoding.COLUMNS) - 2) * len(rows)
    last = {type(row[4]) for row in rows}
    return (
        contents.count(b"\t") == tabs
        and not audit_encoding.SPECIAL.search(contents)
        and last <= {int, type(None)}
    )


def _escaped(values: tuple[bytes | int | float | None, ...]) -> bytes:
    return b"\t".join(
        audit_encoding.escape(value) if isinstance(value, bytes) else _bare(value) for value in values
    )


def _bare(value: int | float | None) -> bytes:
    return rb"\N" if value is None else str(value).encode()
