"""Tables of what Slack shows: posted messages, buttons, App Homes, and the rate limit of `chat.update`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Json, Number, UtcTime


class DeliveryRow(Base):
    """One message of an answer: written before the message is posted, its ts added after."""

    __tablename__ = "deliveries"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))
    ts: Mapped[str | None] = mapped_column(String(64))
    begun_at: Mapped[datetime] = mapped_column(UtcTime)


class OfferRow(Base):
    """The action behind a button or a form, which itself carries only the id."""

    __tablename__ = "offers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))  # of the action: a button shown again keeps its id
    action: Mapped[dict[str, Any]] = mapped_column(Json)
    project: Mapped[str | None] = mapped_column(String(255))
    channel: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    taken_by: Mapped[str | None] = mapped_column(String(64))  # the operation that a click has started

    __table_args__ = (UniqueConstraint("operation", "digest", name="offer_once"),)


class HomeRow(Base):
    """A person who has opened the App Home, and the digest of the view they see."""

    __tablename__ = "homes"

    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    digest: Mapped[str] = mapped_column(String(64))
    shown_at: Mapped[datetime] = mapped_column(UtcTime)


class UpdateBudgetRow(Base):
    """A rate limit as one moment: when the budget is full again if nothing more is taken from it."""

    __tablename__ = "update_budgets"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    free_at: Mapped[datetime] = mapped_column(UtcTime)


class UpdateShareRow(Base):
    """The number of progress messages that a replica keeps up to date, and when its turn comes next."""

    __tablename__ = "update_shares"

    replica: Mapped[str] = mapped_column(String(255), primary_key=True)
    lines: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)


class WaitingUpdateRow(Base):
    """An update with an outcome or a question that had no room in the budget; the newest of its slot."""

    __tablename__ = "waiting_updates"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    operation: Mapped[str] = mapped_column(String(64))
    slot: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(64))
    ts: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    taken_until: Mapped[datetime | None] = mapped_column(UtcTime)  # the lease of the replica that sends it

    __table_args__ = (UniqueConstraint("operation", "slot", name="waiting_update_once"),)
