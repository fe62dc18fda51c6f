"""Tables of the audit log: the chained events, the chain's head, its signatures, anchors and seals.

Triggers, and on PostgreSQL the rights of the application's role, allow nothing but appending to the events
(see `storage.grants`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, CanonicalJson, Number, UtcStamp


class AuditEventRow(Base):
    """One audit event, an intent or an outcome, as a link of the chain."""

    __tablename__ = "audit_events"

    # without gaps, from 1
    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
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
    previous: Mapped[str] = mapped_column(String(64))  # the hash of the event before
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("operation", "phase", name="audit_once"),
        Index("audit_project_position", "project", "position"),
    )


class AuditHeadRow(Base):
    """The end of the chain: one row, whose lock serialises the appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Number)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditSignatureRow(Base):
    """A signed head: an HMAC over position, hash and time, by a key that is not in the database."""

    __tablename__ = "audit_signatures"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcStamp)
    key: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(64))


class AuditAnchorRow(Base):
    """A head that was posted to a Slack channel, where the owner of the database cannot change it."""

    __tablename__ = "audit_anchors"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(64))
    ts: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcStamp)


class AuditSealRow(Base):
    """A position up to which events were sealed into a file and dropped; the chain goes on from there.

    A seal is signed, so that nobody can justify dropped events by writing a row here.
    """

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcStamp)
    file_digest: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(64))
