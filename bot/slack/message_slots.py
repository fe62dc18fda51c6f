"""The outbox's slots in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.actions.request import OperationId
from bot.slack.delivery.outbox import Slot
from storage.deliveries import Delivery, DeliveryRepository


class MessageSlots:
    """The `Slots` of the outbox, kept in the deliveries table."""

    def __init__(self, repository: DeliveryRepository, *, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    def begin(self, *, operation: OperationId, slot: str, channel: str, thread: str) -> Slot:
        """Note that a slot is about to be posted."""
        return _slot(
            self._repository.begin(
                operation=operation, slot=slot, channel=channel, thread=thread, now=self._now()
            )
        )

    def posted(self, *, operation: OperationId, slot: str, ts: str) -> None:
        """Note where it stands."""
        self._repository.posted(operation=operation, slot=slot, ts=ts)

    def get(self, *, operation: OperationId, slot: str) -> Slot | None:
        """What is known of it."""
        found = self._repository.get(operation=operation, slot=slot)
        return _slot(found) if found is not None else None


def _slot(found: Delivery) -> Slot:
    return Slot(channel=found.channel, thread=found.thread, ts=found.ts, begun=found.begun, fresh=found.fresh)
