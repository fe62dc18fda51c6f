"""The tables, as SQLAlchemy typed models. Migrations bring a database to exactly this; a test compares.

Times are UTC; SQLite keeps no zone, so `UtcTime` puts it back. JSON is text on SQLite and JSONB on
PostgreSQL.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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


class UtcStamp(TypeDecorator[datetime]):
    """An aware datetime as ISO 8601 text of fixed width in UTC: the same bytes on both databases, in
    order.
    """

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def stamp(value: datetime) -> str:
    """`2026-11-24T09:00:00.000000Z`. Raises `ValueError` for a naive datetime."""
    if value.tzinfo is None:
        raise ValueError("a naive datetime cannot be stored")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class CanonicalJson(TypeDecorator[dict[str, Any]]):
    """JSON as text with sorted keys: what is hashed is what is stored."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else dict(json.loads(value))


def canonical(value: dict[str, Any]) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


Json = JSON().with_variant(JSONB(), "postgresql")
NullableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")  # None is NULL
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
    state: Mapped[str] = mapped_column(String(16))  # waiting, leased, continued, done
    owner: Mapped[str | None] = mapped_column(String(255))
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("inbox_open", "state", "id"),)


class ContinuationRow(Base):
    """A request whose work goes on elsewhere, until its end was shown. No secret is in any of it."""

    __tablename__ = "continuations"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str] = mapped_column(String(255))
    action: Mapped[dict[str, Any]] = mapped_column(Json)
    request: Mapped[dict[str, Any]] = mapped_column(Json)
    work: Mapped[str] = mapped_column(String(64))
    input: Mapped[dict[str, Any]] = mapped_column(Json)
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
    end: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ReservationRow(Base):
    """A name that an operation is about to take."""

    __tablename__ = "reservations"

    scope: Mapped[str] = mapped_column(String(255), primary_key=True)  # what the name is unique within
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class AuditRow(Base):
    """One audit event: an intent or an outcome, a link of the chain. Append-only: triggers refuse
    everything else.
    """

    __tablename__ = "audit_events"

    position: Mapped[int] = mapped_column(
        Number, primary_key=True, autoincrement=False
    )  # without gaps, from 1
    operation: Mapped[str] = mapped_column(String(64))
    phase: Mapped[str] = mapped_column(String(16))  # intent, outcome
    reference: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcStamp)
    actor: Mapped[str] = mapped_column(String(255))
    actor_name: Mapped[str] = mapped_column(String(255))
    team: Mapped[str] = mapped_column(String(64))
    entry: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))
    project: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(64))
    arguments: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)
    target: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(16))  # empty for an intent
    detail: Mapped[str] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("operation", "phase", name="audit_once"),
        Index("audit_project_position", "project", "position"),
    )


class AuditHeadRow(Base):
    """The end of the chain: one row, whose lock gives positions."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Number)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditSignatureRow(Base):
    """A signed head: HMAC over position, hash and time, by a key that is not in the database."""

    __tablename__ = "audit_signatures"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcStamp)
    key: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(64))


class AuditAnchorRow(Base):
    """A head that was posted to a channel, where the database's owner cannot change it."""

    __tablename__ = "audit_anchors"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(64))
    ts: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcStamp)


class AuditSealRow(Base):
    """Events up to a position that were sealed into a file and dropped; the chain goes on from there."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcStamp)
    file_digest: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(
        String(16)
    )  # a seal is signed: nobody drops events by writing a row here
    signature: Mapped[str] = mapped_column(String(64))


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
    taken_by: Mapped[str | None] = mapped_column(String(64))  # the operation that a change's button began

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
    """One change of a NetworkPolicy: what was there before and what is to be there after, without
    managedFields.
    """

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


class MigrationRow(Base):
    """One migration: where it stands, what it waits for, and what somebody wants of it. No secret is in
    any of it.
    """

    __tablename__ = "migrations"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    project: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(255))  # its id, never its name
    source_name: Mapped[str] = mapped_column(String(255))
    target: Mapped[str] = mapped_column(String(255))  # its id; empty until it is deployed
    target_name: Mapped[str] = mapped_column(String(255))
    actor: Mapped[str] = mapped_column(String(255))
    actor_name: Mapped[str] = mapped_column(String(255))
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
    order: Mapped[dict[str, Any]] = mapped_column(Json)  # what was asked for
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))  # of what decisions about the plan are bound to
    state: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime] = mapped_column(UtcTime)  # when the step began, or the state came
    waits: Mapped[str] = mapped_column(Text)  # what it waits for, or why it is paused
    history: Mapped[list[dict[str, Any]]] = mapped_column(Json)  # steps that are done, and decisions
    control: Mapped[str] = mapped_column(String(16))  # what somebody wants of it
    control_number: Mapped[int] = mapped_column(Integer)  # grows with each wish
    control_by: Mapped[str] = mapped_column(String(255))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("migrations_of_project", "project", "begun_at"),)


class MigrationTurnRow(Base):
    """A migration that is at work, or waits until it may be."""

    __tablename__ = "migration_turns"

    migration: Mapped[str] = mapped_column(String(16), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    project: Mapped[str] = mapped_column(String(255))
    place: Mapped[int] = mapped_column(Integer)  # grows with each that asks in the project
    working: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (Index("migration_turns_of_project", "project", "place"),)


class ApprovalRow(Base):
    """One change that waits for a second person, or waited."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64), unique=True)  # of the request that asked
    project: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(64))
    action: Mapped[dict[str, Any]] = mapped_column(Json)
    requester: Mapped[str] = mapped_column(String(255))
    requester_name: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))  # empty: the thread that the operation made
    digest: Mapped[str] = mapped_column(String(64))
    bound: Mapped[dict[str, Any]] = mapped_column(Json)  # what the digest is over
    shown: Mapped[dict[str, Any]] = mapped_column(Json)  # what people read
    typed: Mapped[str] = mapped_column(String(255))  # what an approver must type
    needed: Mapped[int] = mapped_column(Integer)
    effect: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)  # the inbox entry it makes
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcTime)
    not_after: Mapped[datetime | None] = mapped_column(UtcTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(Integer)  # grows with every change that people must see
    announced: Mapped[int] = mapped_column(Integer)  # the version that people have seen
    announcing_until: Mapped[datetime | None] = mapped_column(UtcTime)  # one replica shows it at a time

    __table_args__ = (
        Index("approvals_of_project", "project", "state"),
        Index("approvals_by_state", "state", "expires_at"),
    )


class ApprovalDecisionRow(Base):
    """What one person decided; once."""

    __tablename__ = "approval_decisions"

    approval: Mapped[str] = mapped_column(String(16), primary_key=True)
    person: Mapped[str] = mapped_column(String(255), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    approved: Mapped[bool] = mapped_column(Boolean)
    comment: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)


class HomeRow(Base):
    """Somebody who has opened the App Home, and what it shows."""

    __tablename__ = "homes"

    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    digest: Mapped[str] = mapped_column(String(64))
    shown_at: Mapped[datetime] = mapped_column(UtcTime)


class UpdateBudgetRow(Base):
    """A budget of calls a minute, as one moment: when it would be full again if nothing more was taken."""

    __tablename__ = "update_budgets"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    free_at: Mapped[datetime] = mapped_column(UtcTime)


class UpdateShareRow(Base):
    """How many messages a replica keeps up to date, and when its turn comes next."""

    __tablename__ = "update_shares"

    replica: Mapped[str] = mapped_column(String(255), primary_key=True)
    lines: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)


class WaitingUpdateRow(Base):
    """An end or a question that could not be shown at once; the newest of its slot."""

    __tablename__ = "waiting_updates"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    operation: Mapped[str] = mapped_column(String(64))
    slot: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(64))
    ts: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    taken_until: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (UniqueConstraint("operation", "slot", name="waiting_update_once"),)
