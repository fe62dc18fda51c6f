"""The tables, as SQLAlchemy typed models. Migrations bring a database to exactly this; a test compares.

Times are UTC; SQLite keeps no zone, so `UtcTime` puts it back. JSON is text on SQLite and JSONB on PostgreSQL.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, stored and returned in UTC. Naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only in an INTEGER key


class Base(DeclarativeBase):
    """All tables."""


class InboxRow(Base):
    """One thing that a person said, from the acknowledgement until it is answered (and a day longer)."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))  # waiting, leased, done
    owner: Mapped[str | None] = mapped_column(String(255))
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("inbox_open", "state", "id"),)


class AuditRow(Base):
    """One audit event: an intent or an outcome. Append-only: triggers refuse everything else."""

    __tablename__ = "audit_events"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    operation: Mapped[str] = mapped_column(String(64))
    phase: Mapped[str] = mapped_column(String(16))  # intent, outcome
    reference: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(255))
    actor_name: Mapped[str] = mapped_column(String(255))
    team: Mapped[str] = mapped_column(String(64))
    entry: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))
    project: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(64))
    arguments: Mapped[dict[str, Any]] = mapped_column(Json)
    target: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(16))  # empty for an intent
    detail: Mapped[str] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("operation", "phase", name="audit_once"),
        Index("audit_project_at", "project", "at"),
    )


class DeliveryRow(Base):
    """One message of an answer: noted before it is posted, its ts after."""

    __tablename__ = "deliveries"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))
    ts: Mapped[str | None] = mapped_column(String(64))
    begun_at: Mapped[datetime] = mapped_column(UtcTime)


class OfferRow(Base):
    """What a button or a form stands for; the button carries only the id."""

    __tablename__ = "offers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))  # of the action: shown again, it keeps its id
    action: Mapped[dict[str, Any]] = mapped_column(Json)
    project: Mapped[str | None] = mapped_column(String(255))
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (UniqueConstraint("operation", "digest", name="offer_once"),)


class ReplicaRow(Base):
    """One running process: its heartbeat tells the others whether its leases still count."""

    __tablename__ = "replicas"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    instance: Mapped[str] = mapped_column(String(64))  # differs from process to process
    version: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcTime)


class VerificationRow(Base):
    """The last verification of each cluster."""

    __tablename__ = "verifications"

    project: Mapped[str] = mapped_column(String(255), primary_key=True)
    cluster: Mapped[str] = mapped_column(String(255), primary_key=True)  # its id, never its name
    name: Mapped[str] = mapped_column(String(255))
    verdict: Mapped[str] = mapped_column(String(32))
    report: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcTime)


class PolicyChangeRow(Base):
    """One change of a NetworkPolicy: what was there before and what is to be there after, without managedFields."""

    __tablename__ = "policy_changes"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str] = mapped_column(String(255))
    cluster: Mapped[str] = mapped_column(String(255))  # its id, never its name
    cluster_name: Mapped[str] = mapped_column(String(255))
    namespace: Mapped[str] = mapped_column(String(63))
    policy: Mapped[str] = mapped_column(String(253))
    kind: Mapped[str] = mapped_column(String(16))  # apply, delete, rollback
    actor: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))  # begun, written, given_up
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)  # none: there was no such policy
    before_uid: Mapped[str] = mapped_column(String(64))
    before_version: Mapped[str] = mapped_column(String(64))
    wanted: Mapped[dict[str, Any] | None] = mapped_column(Json)  # none: it is to be gone
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)  # as the server had it after the write
    after_uid: Mapped[str] = mapped_column(String(64))
    after_version: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)  # why it was given up, or why it cannot be taken back
    undoes: Mapped[str | None] = mapped_column(String(64))  # the operation that a roll-back takes back
    undone_by: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("policy_changes_of", "project", "cluster", "namespace", "policy", "at"),)
