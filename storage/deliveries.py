"""The messages that an answer consists of, each in a slot of its operation.

Table `deliveries`. A slot is written before its message is posted, and the ts after. A slot without a ts may
have been posted by a process that died in between: whoever finds one looks for the message before posting.
"""

import dataclasses
from datetime import datetime

from sqlalchemy import Select, insert, select, update

from storage.models.messages import DeliveryRow
from storage.repository import Repository


@dataclasses.dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message of an operation; without a ts it is not known to be posted."""

    channel: str
    thread: str
    ts: str | None
    begun: datetime
    fresh: bool  # written just now, by this call


class DeliveryRepository(Repository):
    """The slots of all operations."""

    def begin(self, *, operation: str, slot: str, channel: str, thread: str, now: datetime) -> Delivery:
        """Write a slot that is about to be posted, unless it is written already; return what is stored."""
        place = {"channel": channel, "thread": thread, "ts": None}
        with self._database.writing() as connection:
            row = connection.execute(_of(operation, slot)).mappings().first()
            if row is not None:
                return Delivery(**row, fresh=False)
            values = {"operation": operation, "slot": slot, "begun_at": now}
            connection.execute(insert(DeliveryRow).values(**place, **values))
        return Delivery(channel=channel, thread=thread, ts=None, begun=now, fresh=True)

    def mark_posted(self, *, operation: str, slot: str, ts: str) -> None:
        """Store the ts of a slot's message."""
        this = update(DeliveryRow).where(DeliveryRow.operation == operation, DeliveryRow.slot == slot)
        self._write(this.values(ts=ts))

    def get(self, *, operation: str, slot: str) -> Delivery | None:
        """Return what is stored of a slot, None if it was never begun."""
        row = self._row(_of(operation, slot))
        return Delivery(**row, fresh=False) if row is not None else None


def _of(operation: str, slot: str) -> Select[str, str, str | None, datetime]:
    columns = (DeliveryRow.channel, DeliveryRow.thread, DeliveryRow.ts, DeliveryRow.begun_at.label("begun"))
    return select(*columns).where(DeliveryRow.operation == operation, DeliveryRow.slot == slot)
