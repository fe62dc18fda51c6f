"""The chain as it is verified, signed, anchored and sealed: links streamed in order, heads beside them."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, Select, insert, select, text

from storage import chain
from storage.database import Database, DatabaseError
from storage.models import AuditAnchorRow, AuditHeadRow, AuditSealRow, AuditSignatureRow, stamp

Link = tuple[int, bytes, bytes, bytes]  # position, previous, hash, content
FETCHED = 2_000  # rows that SQLite gives at once
ANCHOR_LOCK = 0x786B3874  # advisory lock on PostgreSQL: one replica posts an anchor at a time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    """A point of the chain."""

    position: int
    hash: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Signature(Head):
    """A signed point: when, by which key, and the HMAC."""

    at: datetime
    key: str
    signature: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Anchor(Head):
    """A point that was posted to a channel."""

    channel: str
    ts: str
    at: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seal(Head):
    """The last point of a file that events were sealed into, signed like a head."""

    at: datetime
    file_digest: str
    key: str
    signature: str


class AuditChain:
    """The chain in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> Head:
        """The end of the chain, as the head's row says."""
        with self._database.reading() as connection:
            row = connection.execute(select(AuditHeadRow.position, AuditHeadRow.hash)).one()
        return Head(position=row.position, hash=row.hash)

    def links(self, *, until: int | None = None) -> Iterator[Link]:
        """Every link in order, as its bytes are stored; memory does not grow with their number."""
        if self._database.dialect == "postgresql":
            return self._copied(until)
        return self._fetched(until)

    def _copied(self, until: int | None) -> Iterator[Link]:
        columns = ", ".join(("position", "previous", "hash", *chain.COLUMNS))
        limit = f"WHERE position <= {int(until)}" if until is not None else ""
        query = f"COPY (SELECT {columns} FROM audit_events {limit} ORDER BY position) TO STDOUT"  # noqa: S608
        try:
            with self._database.reading() as connection:
                driver = connection.connection.driver_connection
                if driver is None:
                    raise DatabaseError("the connection is gone")
                with driver.cursor() as cursor, cursor.copy(query) as rows:
                    for row in rows:
                        position, previous, hashed, content = bytes(row).rstrip(b"\n").split(b"\t", 3)
                        yield int(position), previous, hashed, content
        except psycopg.Error as error:
            raise DatabaseError(str(error)) from error

    def _fetched(self, until: int | None) -> Iterator[Link]:
        """SQLite joins the columns itself; only a row with something to escape is taken apart.

        A column that may be NULL stands by itself: joined, NULL could not be told from a text.
        """
        joined = " || char(9) || ".join(chain.COLUMNS[:-1])
        limit = f"WHERE position <= {int(until)}" if until is not None else ""
        columns = f"position, previous, hash, {joined}, {chain.COLUMNS[-1]}"
        query = f"SELECT {columns} FROM audit_events {limit} ORDER BY position"  # noqa: S608
        one = f"SELECT {', '.join(chain.COLUMNS)} FROM audit_events WHERE position = ?"  # noqa: S608
        with self._raw() as connection:
            cursor = connection.execute(query)
            while rows := cursor.fetchmany(FETCHED):
                whole = _plain(rows)  # asked of all at once: most parts are
                for row in rows:
                    position, previous, hashed, content, last = row
                    if whole or _plain([row]):
                        yield (
                            position,
                            previous,
                            hashed,
                            content + (b"\t\\N" if last is None else b"\t%d" % last),
                        )
                    else:
                        values = connection.execute(one, (position,)).fetchone()
                        yield position, previous, hashed, _escaped(values)

    @contextlib.contextmanager
    def _raw(self) -> Iterator[sqlite3.Connection]:
        """A reading connection of its own that gives text as its bytes, whatever they are."""
        path = self._database.engine.url.database
        try:
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            connection.text_factory = bytes
            try:
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error

    def signatures(self, *, until: int) -> Iterator[Signature]:
        """Every signed head up to a position, in order, read in parts."""
        row, last = AuditSignatureRow, 0
        while True:
            part = _columns(row, Signature).where(row.position > last, row.position <= until)
            with self._database.reading() as connection:
                found = connection.execute(part.order_by(row.position).limit(FETCHED)).mappings().all()
            yield from (Signature(**values) for values in found)
            if len(found) < FETCHED:
                return
            last = found[-1]["position"]

    def signed_beyond(self, position: int) -> int | None:
        """The newest signed position, if it is beyond one."""
        newest = self.last_signature()
        return newest.position if newest is not None and newest.position > position else None

    def last_signature(self, *, before: datetime | None = None) -> Signature | None:
        """The newest signed head, or the newest that was signed before a time."""
        row = AuditSignatureRow
        newest = _columns(row, Signature).order_by(row.position.desc()).limit(1)
        if before is not None:
            newest = newest.where(row.at < before)
        with self._database.reading() as connection:
            found = connection.execute(newest).mappings().first()
        return Signature(**found) if found is not None else None

    def sign(self, signature: Signature) -> bool:
        """Keep a signed head; False if another replica signed that one."""
        with self._database.writing() as connection:
            known = select(AuditSignatureRow.position).where(AuditSignatureRow.position == signature.position)
            if connection.execute(known).first() is not None:
                return False
            # two replicas may sign the same head at the same moment: the first one's stays
            connection.execute(_SIGN, dataclasses.asdict(signature) | {"at": stamp(signature.at)})
        return True

    def last_anchor(self) -> Anchor | None:
        """The head that was posted last."""
        newest = _columns(AuditAnchorRow, Anchor).order_by(AuditAnchorRow.position.desc()).limit(1)
        with self._database.reading() as connection:
            found = connection.execute(newest).mappings().first()
        return Anchor(**found) if found is not None else None

    def anchor(self, anchor: Anchor) -> None:
        """Keep where a head was posted."""
        with self._database.writing() as connection:
            connection.execute(insert(AuditAnchorRow).values(**dataclasses.asdict(anchor)))

    def anchor_lock(self) -> contextlib.AbstractContextManager[bool]:
        """Whether it is this replica's turn to post an anchor; no other's while the context lasts."""
        return self._anchor_lock() if self._database.dialect == "postgresql" else contextlib.nullcontext(True)

    @contextlib.contextmanager
    def _anchor_lock(self) -> Iterator[bool]:
        with self._database.writing() as connection:
            yield bool(
                connection.execute(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": ANCHOR_LOCK}).scalar()
            )

    def last_seal(self) -> Seal | None:
        """Where the chain begins, if earlier events were sealed."""
        newest = _columns(AuditSealRow, Seal).order_by(AuditSealRow.position.desc()).limit(1)
        with self._database.reading() as connection:
            found = connection.execute(newest).mappings().first()
        return Seal(**found) if found is not None else None

    def seal(self, seal: Seal) -> int:
        """Drop the events up to a signed head that stand in a file; return how many. Raises
        `DatabaseError`.
        """
        if self._database.dialect == "postgresql":
            call = text("SELECT audit_seal(:position, :hash, :at, :file_digest, :key, :signature)")
            with self._database.writing() as connection:
                return int(
                    connection.execute(call, dataclasses.asdict(seal) | {"at": stamp(seal.at)}).scalar_one()
                )
        return self._seal_sqlite(seal)

    def _seal_sqlite(self, seal: Seal) -> int:
        """SQLite's triggers guard against mistakes, not against the file's owner: here they step aside."""
        signed = select(AuditSignatureRow.position).where(
            AuditSignatureRow.position == seal.position, AuditSignatureRow.hash == seal.hash
        )
        with self._database.writing() as connection:
            if connection.execute(signed).first() is None:
                raise DatabaseError(f"position {seal.position} is no signed head with that hash")
            if connection.execute(text(_OPEN_BEFORE), {"p": seal.position}).first() is not None:
                raise DatabaseError(f"an intent before position {seal.position} is still open")
            with _stepped_aside(connection, "audit_events", "audit_signatures"):
                number = connection.execute(text(_DROP_EVENTS), {"p": seal.position}).rowcount
                connection.execute(text(_DROP_SIGNATURES), {"p": seal.position})
            connection.execute(insert(AuditSealRow).values(**dataclasses.asdict(seal)))
        return number


def _columns(row: Any, kind: Any) -> Select[Any]:
    return select(*(getattr(row, field.name) for field in dataclasses.fields(kind)))


_SIGN = text(
    "INSERT INTO audit_signatures (position, hash, at, key, signature)"
    " VALUES (:position, :hash, :at, :key, :signature) ON CONFLICT DO NOTHING"
)


_DROP_EVENTS = "DELETE FROM audit_events WHERE position <= :p"
_DROP_SIGNATURES = "DELETE FROM audit_signatures WHERE position < :p"  # of events that are gone


@contextlib.contextmanager
def _stepped_aside(connection: Connection, *tables: str) -> Iterator[None]:
    """Take away the triggers that forbid deletions, and put back the very same."""
    found = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    triggers = [connection.execute(found, {"name": f"{table}_no_DELETE"}).one() for table in tables]
    for trigger in triggers:
        connection.execute(text(f'DROP TRIGGER "{trigger.name}"'))
    yield
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)


_OPEN_BEFORE = """
SELECT 1 FROM audit_events i WHERE i.position <= :p AND i.phase = 'intent' AND NOT EXISTS
(SELECT 1 FROM audit_events o WHERE o.operation = i.operation AND o.phase = 'outcome')
"""


def _plain(rows: list[Any]) -> bool:
    """Whether nothing in these rows is to be escaped."""
    try:
        whole = b"".join([row[3] for row in rows])
    except TypeError:  # NULL where none may be
        return False
    tabs = (len(chain.COLUMNS) - 2) * len(rows)
    last = {type(row[4]) for row in rows}
    return whole.count(b"\t") == tabs and not chain.SPECIAL.search(whole) and last <= {int, type(None)}


def _escaped(values: tuple[bytes | int | float | None, ...]) -> bytes:
    return b"\t".join(chain.escape(value) if isinstance(value, bytes) else _bare(value) for value in values)


def _bare(value: int | float | None) -> bytes:
    return rb"\N" if value is None else str(value).encode()
