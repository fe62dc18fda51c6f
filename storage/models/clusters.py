"""Tables of what was done to clusters: verifications, NetworkPolicy changes, migrations and their permits.

A cluster is always named by its id (the Magnum UUID), never by its display name, which can be given anew.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Json, UtcTime


class VerificationRow(Base):
    """The last verification of a cluster."""

    __tablename__ = "verifications"

    project: Mapped[str] = mapped_column(String(255), primary_key=True)
    cluster: Mapped[str] = mapped_column(String(255), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    verdict: Mapped[str] = mapped_column(String(32))
    report: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcTime)


class PolicyChangeRow(Base):
    """One change of a NetworkPolicy, with the object before and after it, without managedFields."""

    __tablename__ = "policy_changes"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str] = mapped_column(String(255))
    cluster: Mapped[str] = mapped_column(String(255))
    cluster_name: Mapped[str] = mapped_column(String(255))
    namespace: Mapped[str] = mapped_column(String(63))
    policy: Mapped[str] = mapped_column(String(253))
    kind: Mapped[str] = mapped_column(String(16))  # apply, delete, rollback
    actor: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))  # begun, written, given_up
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)  # JSON null: there was no such policy
    before_uid: Mapped[str] = mapped_column(String(64))
    before_version: Mapped[str] = mapped_column(String(64))  # resourceVersion
    wanted: Mapped[dict[str, Any] | None] = mapped_column(Json)  # JSON null: the policy is to be deleted
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)  # as the server had it after the write
    after_uid: Mapped[str] = mapped_column(String(64))
    after_version: Mapped[str] = mapped_column(String(64))  # resourceVersion
    note: Mapped[str] = mapped_column(Text)  # why it was given up, or why it cannot be rolled back
    undoes: Mapped[str | None] = mapped_column(String(64))  # the operation that this roll-back reverts
    undone_by: Mapped[str | None] = mapped_column(String(64))  # the roll-back that has reverted this one

    __table_args__ = (Index("policy_changes_of", "project", "cluster", "namespace", "policy", "at"),)


class MigrationRow(Base):
    """One migration of a cluster: its plan, its state, and the newest signal to it. Holds no secret."""

    __tablename__ = "migrations"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    project: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(255))
    source_name: Mapped[str] = mapped_column(String(255))
    target: Mapped[str] = mapped_column(String(255))  # empty until the cluster is deployed
    target_name: Mapped[str] = mapped_column(String(255))
    actor: Mapped[str] = mapped_column(String(255))
    actor_name: Mapped[str] = mapped_column(String(255))
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
    order: Mapped[dict[str, Any]] = mapped_column(Json)  # the arguments of the request
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))  # of what approvals of the plan are bound to
    state: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime] = mapped_column(UtcTime)  # when the step or the state began
    waits: Mapped[str] = mapped_column(Text)  # what it waits for, or why it is paused
    history: Mapped[list[dict[str, Any]]] = mapped_column(Json)  # finished steps, decisions and signals
    control: Mapped[str] = mapped_column(String(16))  # the newest signal
    control_number: Mapped[int] = mapped_column(Integer)  # grows with each signal
    control_by: Mapped[str] = mapped_column(String(255))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("migrations_of_project", "project", "begun_at"),)


class MigrationTurnRow(Base):
    """The permit of a migration to work, or its place in the queue for one."""

    __tablename__ = "migration_turns"

    migration: Mapped[str] = mapped_column(String(16), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    project: Mapped[str] = mapped_column(String(255))
    place: Mapped[int] = mapped_column(Integer)  # grows with each migration that queues in the project
    working: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (Index("migration_turns_of_project", "project", "place"),)
