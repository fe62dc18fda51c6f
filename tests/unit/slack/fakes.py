"""Slack, the tables of delivery and the rate limit, as far as delivery needs them; each records its calls."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from bot.actions.request import OfferId
from bot.slack import kit
from bot.slack.delivery.outbox import Outbox
from storage.deliveries import Delivery
from tests.unit.slack.examples.requests import NOW


class FakeWeb:
    """A workspace that takes every message; `errors` are raised by the next calls of a method, one each."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.errors: dict[str, list[Exception]] = {}
        self.answers: dict[str, Any] = {}
        self._ts = itertools.count(1)

    def _call(self, name: str, arguments: dict[str, Any]) -> None:
        self.calls.append((name, arguments))
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    def of(self, name: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method."""
        return [arguments for method, arguments in self.calls if method == name]

    def texts(self, name: str) -> list[str]:
        """The texts of every message that a method has sent."""
        return [arguments["text"] for arguments in self.of(name)]

    def post(self, **arguments: Any) -> str:
        self._call("post", arguments)
        return f"{next(self._ts)}.0"

    def update(self, **arguments: Any) -> None:
        self._call("update", arguments)

    def reply_privately(self, **arguments: Any) -> None:
        self._call("reply_privately", arguments)

    def respond(self, url: str, **arguments: Any) -> bool:
        self._call("respond", {"url": url} | arguments)
        return bool(self.answers.get("respond", True))

    def upload(self, **arguments: Any) -> None:
        self._call("upload", arguments)

    def open_view(self, **arguments: Any) -> None:
        self._call("open_view", arguments)

    def update_view(self, **arguments: Any) -> None:
        self._call("update_view", arguments)

    def publish_home(self, **arguments: Any) -> None:
        self._call("publish_home", arguments)

    def direct_channel(self, user: str) -> str:
        self._call("direct_channel", {"user": user})
        return f"D-{user}"

    def permalink(self, *, channel: str, ts: str) -> str:
        return f"https://example.com/{channel}/{ts}"

    def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        self._call(method, arguments)
        answer = self.answers.get(method, {})
        return answer.pop(0) if isinstance(answer, list) else answer  # type: ignore[no-any-return]


class FakeDeliveries:
    """The table of deliveries."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Delivery] = {}

    def begin(self, *, operation: str, slot: str, channel: str, thread: str, now: datetime) -> Delivery:
        delivery = self.get(operation=operation, slot=slot)
        if delivery is not None:
            return delivery
        new = Delivery(channel=channel, thread=thread, ts=None, begun=now, fresh=True)
        self.rows[operation, slot] = new
        return new

    def mark_posted(self, *, operation: str, slot: str, ts: str) -> None:
        row = self.rows[operation, slot]
        self.rows[operation, slot] = Delivery(
            channel=row.channel, thread=row.thread, ts=ts, begun=row.begun, fresh=False
        )

    def get(self, *, operation: str, slot: str) -> Delivery | None:
        row = self.rows.get((operation, slot))
        return row and Delivery(
            channel=row.channel, thread=row.thread, ts=row.ts, begun=row.begun, fresh=False
        )


class FakeUpdates:
    """A rate limit with `room` for so many urgent updates; the others are deferred."""

    def __init__(self, room: int = 1_000) -> None:
        self.room = room
        self.deferred: list[tuple[str, str]] = []

    def acquire_urgent(self, operation: str, slot: str) -> bool:
        self.room -= 1
        return self.room >= 0

    def defer(self, operation: str, slot: str, **message: Any) -> None:
        self.deferred.append((slot, message["text"]))


class FakeOffers:
    """Offers with the name of their action as id."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def keep(self, action: Any, **where: Any) -> OfferId:
        self.kept.append({"action": action} | where)
        return OfferId(f"offer-{action.name}")

    def for_answer(self, request: Any, project: str | None) -> Any:
        return lambda button: self.keep(button.action, operation=request.operation, project=project)

    def for_home(self, person: str) -> Any:
        return lambda button: self.keep(button.action, operation=f"home:{person}")


def outbox(web: FakeWeb, deliveries: FakeDeliveries, updates: FakeUpdates) -> Outbox:
    return Outbox(web, deliveries, updates, now=lambda: NOW)  # type: ignore[arg-type]


def message(text: str, *buttons: kit.Button) -> kit.Message:
    blocks = [kit.section(text), *([kit.buttons(*buttons)] if buttons else [])]
    return kit.Message(text=text, blocks=tuple(blocks))
