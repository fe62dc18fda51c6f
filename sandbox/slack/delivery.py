"""How Slack delivers to an app, whichever the transport: an attempt, its acknowledgement, and retries.

An event that is not acknowledged within three seconds is sent again; commands, clicks and submissions are
not (https://docs.slack.dev/apis/events-api/#retries).
"""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.slack.model import Delivery

EVENT_RETRIES = (0.0, 60.0, 300.0)  # seconds before each retry of an event


class Transport:
    """Delivers to one app; what differs between the transports is one attempt."""

    def __init__(self, *, event_retries: tuple[float, ...] = EVENT_RETRIES) -> None:
        self._event_retries = event_retries
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, delivery: Delivery) -> None:
        """Send something and wait for its acknowledgement; retries of an event go on in the background."""
        if await self.attempt(delivery, retry=0) or delivery.kind != "events_api":
            return
        task = asyncio.create_task(self._retry(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _retry(self, delivery: Delivery) -> None:
        for number, pause in enumerate(self._event_retries, 1):
            await asyncio.sleep(pause)
            if await self.attempt(delivery, retry=number):
                return

    async def attempt(self, delivery: Delivery, *, retry: int) -> bool:
        """Send something once; tell whether it was acknowledged. `retry` counts from 0."""
        acknowledged, answer = await self._send(delivery, retry)
        if acknowledged:
            delivery.acknowledged, delivery.answer = True, answer
        return acknowledged

    async def _send(self, delivery: Delivery, retry: int) -> tuple[bool, Any]:
        """Return whether the app acknowledged, and what it answered."""
        raise NotImplementedError
