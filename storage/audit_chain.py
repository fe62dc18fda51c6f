"""The audit chain: its head, its links, and the signatures, anchors and seals of points of it.

Tables `audit_head`, `audit_signatures`, `audit_anchors` and `audit_seals`. A head is signed once, by
whichever replica is first. Events are dropped only up to a signed head, in the transaction that stores the
seal, and never while an intent among them is still open.
"""

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, insert, select, text

from storage import audit_links
from storage.audit_links import FETCHED, Link
from storage.database import DatabaseError
from storage.models import stamp
from storage.models.audit import AuditAnchorRow, AuditHeadRow, AuditSealRow, AuditSignatureRow
from storage.repository import Repository, columns_of

ANCHOR_LOCK = 0x786B3874  # advisory lock on PostgreSQL: one replica posts an anchor at a time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    """A point of the chain: the position of an event and its hash."""

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


Point = TypeVar("Point", Signature, Anchor, Seal)
_ROWS: dict[type, Any] = {Signature: AuditSignatureRow, Anchor: AuditAnchorRow, Seal: AuditSealRow}


class AuditChain(Repository):
    """The chain in the database."""

    def head(self) -> Head:
        """Return the end of the chain, as the row of the head says."""
        with self._database.reading() as connection:
            row = connection.execute(select(AuditHeadRow.position, AuditHeadRow.hash)).one()
        return Head(position=row.position, hash=row.hash)

    def links(self, *, until: int | None = None) -> Iterator[Link]:
        """Yield every link in order, as its bytes are stored. Memory does not grow with their number."""
        return audit_links.stream(self._database, until=until)

    # --- signatures

    def signatures(self, *, until: int) -> Iterator[Signature]:
        """Yield every signed head up to a position, in order, read in parts."""
        position = AuditSignatureRow.position
        query, last = _points(Signature).order_by(position).limit(FETCHED), 0
        while True:
            rows = self._rows(query.where(position > last, position <= until))
            yield from (Signature(**row) for row in rows)
            if len(rows) < FETCHED:
                return
            last = rows[-1]["position"]

    def signed_beyond(self, position: int) -> int | None:
        """Return the newest signed position if it is beyond this one, else None."""
        newest = self.last_signature()
        return newest.position if newest is not None and newest.position > position else None

    def last_signature(self, *, before: datetime | None = None) -> Signature | None:
        """Return the newest signed head, or the newest that was signed before a time."""
        query = _points(Signature)
        return self._newest(
            Signature, query if before is None else query.where(AuditSignatureRow.at < before)
        )

    def store_signature(self, signature: Signature) -> bool:
        """Store a signed head; return False if another replica has signed that one."""
        signed = select(AuditSignatureRow.position).where(AuditSignatureRow.position == signature.position)
        with self._database.writing() as connection:
            if connection.execute(signed).first() is not None:
                return False
            # two replicas may sign the same head at the same moment: the signature of the first one stays
            connection.execute(_SIGN, dataclasses.asdict(signature) | {"at": stamp(signature.at)})
        return True

    # --- anchors

    def last_anchor(self) -> Anchor | None:
        """Return the head that was posted last, None before the first."""
        return self._newest(Anchor, _points(Anchor))

    def store_anchor(self, anchor: Anchor) -> None:
        """Store where a head was posted."""
        self._write(insert(AuditAnchorRow).values(**dataclasses.asdict(anchor)))

    @contextlib.contextmanager
    def anchor_lock(self) -> Iterator[bool]:
        """Hold the right to post an anchor; yields whether this replica has got it."""
        if self._database.dialect != "postgresql":
            yield True
            return
        lock = text("SELECT pg_try_advisory_xact_lock(:lock)")
        with self._database.writing() as connection:
            yield bool(connection.execute(lock, {"lock": ANCHOR_LOCK}).scalar())

    # --- seals

    def last_seal(self) -> Seal | None:
        """Return the point where the chain begins, None if no events were sealed."""
        return self._newest(Seal, _points(Seal))

    def store_seal(self, seal: Seal) -> int:
        """Drop the events up to a signed head, which stand in a file now; return how many.

        Raises `DatabaseError` if the head is not signed, or an intent up to it is still open.
        """
        with self._database.writing() as connection:
            if self._database.dialect == "postgresql":
                values = dataclasses.asdict(seal) | {"at": stamp(seal.at)}
                return int(connection.execute(_SEAL, values).scalar_one())
            return _seal_sqlite(connection, seal)

    def _newest(self, kind: type[Point], query: Select[Any]) -> Point | None:
        row = self._row(query.order_by(_ROWS[kind].position.desc()).limit(1))
        return kind(**row) if row is not None else None


_SIGN = text(
    "INSERT INTO audit_signatures (position, hash, at, key, signature)"
    " VALUES (:position, :hash, :at, :key, :signature) ON CONFLICT DO NOTHING"
)
_SEAL = text("SELECT audit_seal(:position, :hash, :at, :file_digest, :key, :signature)")
_OPEN_BEFORE = text(
    "SELECT 1 FROM audit_events i WHERE i.position <= :position AND i.phase = 'intent' AND NOT EXISTS"
    " (SELECT 1 FROM audit_events o WHERE o.operation = i.operation AND o.phase = 'outcome')"
)
_DROP_EVENTS = text("DELETE FROM audit_events WHERE position <= :position")
_DROP_SIGNATURES = text("DELETE FROM audit_signatures WHERE position < :position")  # of dropped events


def _points(kind: type) -> Select[Any]:
    return select(*columns_of(_ROWS[kind], kind))


def _seal_sqlite(connection: Connection, seal: Seal) -> int:
    """Do what `audit_seal` does on PostgreSQL.

    SQLite's triggers guard against mistakes, not against the owner of the file, so that they may be dropped.
    """
    position = {"position": seal.position}
    signed = select(AuditSignatureRow.position).where(
        AuditSignatureRow.position == seal.position, AuditSignatureRow.hash == seal.hash
    )
    if connection.execute(signed).first() is None:
        raise DatabaseError(f"position {seal.position} is no signed head with that hash")
    if connection.execute(_OPEN_BEFORE, position).first() is not None:
        raise DatabaseError(f"an intent before position {seal.position} is still open")
    with _without_delete_triggers(connection, "audit_events", "audit_signatures"):
        dropped = connection.execute(_DROP_EVENTS, position).rowcount
        connection.execute(_DROP_SIGNATURES, position)
    connection.execute(insert(AuditSealRow).values(**dataclasses.asdict(seal)))
    return dropped


@contextlib.contextmanager
def _without_delete_triggers(connection: Connection, *tables: str) -> Iterator[None]:
    """Drop the triggers that forbid deletions, and create the very same ones again."""
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    triggers = [connection.execute(query, {"name": f"{table}_no_DELETE"}).one() for table in tables]
    for trigger in triggers:
        connection.execute(text(f'DROP TRIGGER "{trigger.name}"'))
    yield
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)
