"""The chain as it is verified, signed, anchored and sealed: links streamed in order, heads beside them."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, text

from storage import chain
from storage.database import Database, DatabaseError
from storage.models import AuditAnchorRow, AuditHeadRow, AuditRow, AuditSealRow, AuditSignatureRow, stamp

Link = tuple[int, bytes, bytes, bytes]  # position, previous, hash, content
FETCHED = 2_000  # rows that SQLite gives at once


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
    """The last point of a file that events were sealed into."""

    at: datetime
    file_digest: str


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
        with self._database.reading() as connection:
            driver = connection.connection.driver_connection
            if driver is None:
                raise DatabaseError("the connection is gone")
            with driver.cursor() as cursor, cursor.copy(query) as rows:
                for row in rows:
                    position, previous, hashed, content = bytes(row).rstrip(b"\n").split(b"\t", 3)
                    yield int(position), previous, hashed, content

    def _fetched(self, until: int | None) -> Iterator[Link]:
        """SQLite joins the columns itself; only a row with something to escape is taken apart."""
        joined = " || char(9) || ".join(f"coalesce({name}, '\\N')" for name in chain.COLUMNS)
        limit = f"WHERE position <= {int(until)}" if until is not None else ""
        query = f"SELECT position, previous, hash, {joined} FROM audit_events {limit} ORDER BY position"  # noqa: S608
        one = f"SELECT {', '.join(chain.COLUMNS)} FROM audit_events WHERE position = ?"  # noqa: S608
        tabs = len(chain.COLUMNS) - 1
        special = chain.SPECIAL.search
        with self._raw() as connection:
            cursor = connection.execute(query)
            while rows := cursor.fetchmany(FETCHED):
                for position, previous, hashed, content in rows:
                    if content.count(b"\t") == tabs and special(content) is None:
                        yield position, previous, hashed, content
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

    def hash_at(self, position: int) -> str | None:
        """The hash of the event at a position."""
        with self._database.reading() as connection:
            return connection.execute(select(AuditRow.hash).where(AuditRow.position == position)).scalar()

    def signatures(self) -> list[Signature]:
        """Every signed head, oldest first."""
        return self._all(AuditSignatureRow, Signature)

    def last_signature(self) -> Signature | None:
        """The newest signed head."""
        row = AuditSignatureRow
        newest = _columns(row, Signature).order_by(row.position.desc()).limit(1)
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

    def anchors(self) -> list[Anchor]:
        """Every anchor, oldest first."""
        return self._all(AuditAnchorRow, Anchor)

    def anchor(self, anchor: Anchor) -> None:
        """Keep where a head was posted."""
        with self._database.writing() as connection:
            connection.execute(insert(AuditAnchorRow).values(**dataclasses.asdict(anchor)))

    def last_seal(self) -> Seal | None:
        """Where the chain begins, if earlier events were sealed."""
        seals = self._all(AuditSealRow, Seal)
        return seals[-1] if seals else None

    def seal(self, seal: Seal) -> int:
        """Drop the events up to a signed head that stand in a file; return how many. Raises `DatabaseError`."""
        if self._database.dialect == "postgresql":
            call = text("SELECT audit_seal(:position, :hash, :at, :file_digest)")
            with self._database.writing() as connection:
                return int(connection.execute(call, dataclasses.asdict(seal) | {"at": stamp(seal.at)}).scalar_one())
        return self._seal_sqlite(seal)

    def _seal_sqlite(self, seal: Seal) -> int:
        """SQLite's triggers guard against mistakes, not against the file's owner: here they step aside."""
        signed = select(AuditSignatureRow.position).where(
            AuditSignatureRow.position == seal.position, AuditSignatureRow.hash == seal.hash
        )
        with self._database.writing() as connection:
            if connection.execute(signed).first() is None:
                raise DatabaseError(f"position {seal.position} is no signed head with that hash")
            found = "SELECT sql FROM sqlite_master WHERE name = 'audit_events_no_DELETE'"
            trigger = str(connection.execute(text(found)).scalar_one())
            connection.execute(text('DROP TRIGGER "audit_events_no_DELETE"'))
            dropped = connection.execute(
                text("DELETE FROM audit_events WHERE position <= :p RETURNING position"), {"p": seal.position}
            )
            number = len(dropped.all())
            connection.exec_driver_sql(trigger)
            connection.execute(insert(AuditSealRow).values(**dataclasses.asdict(seal)))
        return number

    def _all(self, row: Any, kind: Any) -> list[Any]:
        with self._database.reading() as connection:
            return [
                kind(**found) for found in connection.execute(_columns(row, kind).order_by(row.position)).mappings()
            ]


def _columns(row: Any, kind: Any) -> Select[Any]:
    return select(*(getattr(row, field.name) for field in dataclasses.fields(kind)))


_SIGN = text(
    "INSERT INTO audit_signatures (position, hash, at, key, signature)"
    " VALUES (:position, :hash, :at, :key, :signature) ON CONFLICT DO NOTHING"
)


def _escaped(values: tuple[bytes | int | None, ...]) -> bytes:
    return b"\t".join(chain.escape(value) if isinstance(value, bytes) else chain.content([value]) for value in values)
