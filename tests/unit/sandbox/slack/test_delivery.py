"""What both transports share: one attempt, its acknowledgement, and the retries of events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.slack.delivery import Transport
from sandbox.slack.model import Delivery


class DeafApp(Transport):
    """An app that acknowledges after some attempts went unheard."""

    def __init__(self, unheard: int) -> None:
        super().__init__(event_retries=(0.0, 0.0, 0.0))
        self._unheard = unheard
        self.retries: list[int] = []

    async def _send(self, delivery: Delivery, retry: int) -> tuple[bool, Any]:
        self.retries.append(retry)
        return len(self.retries) > self._unheard, {"text": "heard"}


def deliver(app: DeafApp, kind: str) -> Delivery:
    delivery = Delivery(kind=kind, payload={})

    async def run() -> None:
        await app.deliver(delivery)
        await asyncio.gather(*app._tasks)

    asyncio.run(run())
    return delivery


@pytest.mark.parametrize("kind", ["events_api", "slash_commands", "interactive"])
def test_what_is_acknowledged_is_sent_once_and_keeps_the_answer(kind: str) -> None:
    app = DeafApp(unheard=0)
    delivery = deliver(app, kind)
    assert app.retries == [0] and delivery.acknowledged and delivery.answer == {"text": "heard"}


def test_an_event_is_sent_again_until_it_is_acknowledged() -> None:
    app = DeafApp(unheard=2)
    assert deliver(app, "events_api").acknowledged and app.retries == [0, 1, 2]


def test_an_event_is_given_up_after_three_retries() -> None:
    app = DeafApp(unheard=9)
    delivery = deliver(app, "events_api")
    assert app.retries == [0, 1, 2, 3] and not delivery.acknowledged and delivery.answer is None


@pytest.mark.parametrize("kind", ["slash_commands", "interactive"])
def test_commands_and_clicks_are_never_sent_again(kind: str) -> None:
    app = DeafApp(unheard=1)
    assert not deliver(app, kind).acknowledged and app.retries == [0]
