"""Tables of approvals and of the decisions that people have taken on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Json, NullableJson, UtcTime


class ApprovalRow(Base):
    """One change that needs a second person, from the request to its end."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64), unique=True)  # of the request that asked for it
    project: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(64))
    action: Mapped[dict[str, Any]] = mapped_column(Json)
    requester: Mapped[str] = mapped_column(String(255))
    requester_name: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))  # empty: the thread that the operation has made
    digest: Mapped[str] = mapped_column(String(64))
    bound: Mapped[dict[str, Any]] = mapped_column(Json)  # what the digest is over
    shown: Mapped[dict[str, Any]] = mapped_column(Json)  # what people read
    typed: Mapped[str] = mapped_column(String(255))  # what an approver must type
    needed: Mapped[int] = mapped_column(Integer)  # the number of approvers
    effect: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)  # the inbox entry that it creates
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
    announcing_until: Mapped[datetime | None] = mapped_column(UtcTime)  # the lease of the replica showing it

    __table_args__ = (
        Index("approvals_of_project", "project", "state"),
        Index("approvals_by_state", "state", "expires_at"),
    )


class ApprovalDecisionRow(Base):
    """The one decision of one person on an approval."""

    __tablename__ = "approval_decisions"

    approval: Mapped[str] = mapped_column(String(16), primary_key=True)
    person: Mapped[str] = mapped_column(String(255), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    approved: Mapped[bool] = mapped_column(Boolean)
    comment: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
