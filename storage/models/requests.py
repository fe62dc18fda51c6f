"""Tables of requests on their way: the inbox, long-running operations, name reservations, and replicas."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Json, NullableJson, Number, UtcTime


class InboxRow(Base):
    """One request, from its acknowledgement until it is answered, and a day longer for redeliveries."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)  # the idempotency key of the payload
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))  # waiting, leased, continued, done
    owner: Mapped[str | None] = mapped_column(String(255))  # the replica that holds the lease
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("inbox_open", "state", "id"),)


class ContinuationRow(Base):
    """A request that continues as a durable workflow, until its outcome is shown. Holds no secret."""

    __tablename__ = "continuations"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str] = mapped_column(String(255))
    action: Mapped[dict[str, Any]] = mapped_column(Json)
    request: Mapped[dict[str, Any]] = mapped_column(Json)
    work: Mapped[str] = mapped_column(String(64))  # the name of the workflow
    input: Mapped[dict[str, Any]] = mapped_column(Json)
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
    end: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)  # the workflow's outcome
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcTime)  # when the outcome had been shown


class ReservationRow(Base):
    """A name that an operation is about to give to something in the cloud."""

    __tablename__ = "reservations"

    scope: Mapped[str] = mapped_column(String(255), primary_key=True)  # what the name is unique within
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class ReplicaRow(Base):
    """One running process: its heartbeat tells the others whether its leases still count."""

    __tablename__ = "replicas"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    instance: Mapped[str] = mapped_column(String(64))  # differs from process to process
    version: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcTime)
