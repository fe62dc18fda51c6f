"""Which messages an answer consists of: noted before they are posted, with their ts after."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from sqlalchemy import Select, insert, select, update

from storage.database import Database
from storage.models import DeliveryRow


@dataclasses.dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message of an operation; without a ts it is not known to be posted."""

    channel: str
    thread: str
    ts: str | None
    begun: datetime
    fresh: bool  # noted just now, by this call


class DeliveryRepository:
    """Deliveries in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, *, operation: str, slot: str, channel: str, thread: str, now: datetime) -> Delivery:
        """Note that a slot is about to be posted, unless it is noted already; return what is known."""
        with self._database.writing() as connection:
            row = connection.execute(_of(operation, slot)).first()
            if row is not None:
                return Delivery(
                    channel=row.channel, thread=row.thread, ts=row.ts, begun=row.begun_at, fresh=False
                )
            connection.execute(
                insert(DeliveryRow).values(
                    operation=operation, slot=slot, channel=channel, thread=thread, ts=None, begun_at=now
                )
            )
        return Delivery(channel=channel, thread=thread, ts=None, begun=now, fresh=True)

    def posted(self, *, operation: str, slot: str, ts: str) -> None:
        """Note where a slot's message stands."""
        with self._database.writing() as connection:
            connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.operation == operation, DeliveryRow.slot == slot)
                .values(ts=ts)
            )

    def get(self, *, operation: str, slot: str) -> Delivery | None:
        """Return what is known of a slot."""
        with self._database.reading() as connection:
            row = connection.execute(_of(operation, slot)).first()
        if row is None:
            return None
        return Delivery(channel=row.channel, thread=row.thread, ts=row.ts, begun=row.begun_at, fresh=False)


def _of(operation: str, slot: str) -> Select[str, str, str | None, datetime]:
    return select(DeliveryRow.channel, DeliveryRow.thread, DeliveryRow.ts, DeliveryRow.begun_at).where(
        DeliveryRow.operation == operation, DeliveryRow.slot == slot
    )
