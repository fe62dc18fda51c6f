"""Posts each message of an answer once, also when the process dies between posting and noting it.

Every message of an operation has a slot (`root`, `answer`, `more-1`, …). The slot is noted before the
message is posted and its ts after. A slot without a ts was cut off in between: the message is looked
for by its metadata (this needs a history scope, the app's optional one) and posted again only if it is
not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.actions.request import OfferId, OperationId
from bot.slack import kit
from bot.slack.delivery.buttons import with_offers
from bot.slack.delivery.channel_rate_limit import FIRST
from bot.slack.delivery.update_rate_limit import UpdateQueue
from bot.slack.delivery.web_client import GONE, SlackRefused, SlackUnreachable, SlackWebClient

log = structlog.get_logger(__name__)

METADATA_TYPE = "xk8s_delivery"
CLOCK_SKEW = timedelta(seconds=30)  # how far Slack's clock may be from ours when a message is looked for


@dataclasses.dataclass(frozen=True, kw_only=True)
class Slot:
    """Where one message of an operation stands: its ts, once that is known."""

    channel: str
    thread: str
    ts: str | None
    begun: datetime
    fresh: bool  # begun just now, by this call


class Slots(Protocol):
    """What the outbox keeps: one row per operation and slot."""

    def begin(self, *, operation: OperationId, slot: str, channel: str, thread: str) -> Slot: ...

    def posted(self, *, operation: OperationId, slot: str, ts: str) -> None: ...

    def get(self, *, operation: OperationId, slot: str) -> Slot | None: ...


Offer = Callable[[kit.Button], OfferId]


class Outbox:
    """Shows messages in slots: posted the first time, updated in place from then on."""

    def __init__(self, web: SlackWebClient, slots: Slots, updates: UpdateQueue) -> None:
        self._web = web
        self._slots = slots
        self._updates = updates

    def thread_of(self, operation: OperationId) -> str | None:
        """Return the ts of the operation's root message, if one was posted."""
        slot = self._slots.get(operation=operation, slot="root")
        return slot.ts if slot else None

    def shown(self, operation: OperationId, slot: str) -> bool:
        """Tell whether a slot's message is known to be there."""
        known = self._slots.get(operation=operation, slot=slot)
        return known is not None and known.ts is not None

    def post_once(
        self,
        operation: OperationId,
        slot: str,
        *,
        channel: str,
        thread: str,
        message: kit.Message,
        offer: Offer,
        rank: int = FIRST,
    ) -> str:
        """Post a message unless its slot has one already; return its ts."""
        return self._ensure(
            operation, slot, channel=channel, thread=thread, message=message, offer=offer, rank=rank
        )[0]

    def show(
        self,
        operation: OperationId,
        slot: str,
        *,
        channel: str,
        thread: str,
        message: kit.Message,
        offer: Offer,
        granted: bool = False,
    ) -> None:
        """Make a slot show a message: post it, or update what is there, as soon as the budget has room.

        `granted` is for who has taken the update out of the budget. A message that a person has deleted is
        not made again by an update.
        """
        ts, posted = self._ensure(
            operation, slot, channel=channel, thread=thread, message=message, offer=offer
        )
        if posted:
            return
        blocks = with_offers(message.blocks, offer)
        if not granted and not self._updates.urgent(operation, slot):
            self._updates.later(operation, slot, channel=channel, ts=ts, text=message.text, blocks=blocks)
            return
        try:
            self._web.update(channel=channel, ts=ts, text=message.text, blocks=blocks)
        except SlackRefused as refused:
            if refused.error not in GONE:
                raise
            log.info("message to update is gone", slot=slot, channel=channel, error=refused.error)

    def show_end(
        self,
        operation: OperationId,
        slot: str,
        *,
        channel: str,
        thread: str,
        message: kit.Message,
        pointer: kit.Message,
        offer: Offer,
    ) -> None:
        """Make a slot show the end of something, at once: where an update has no room now, the end is a new
        message.

        What stood in the slot is then replaced by `pointer` as soon as there is room.
        """
        where = {"channel": channel, "thread": thread, "offer": offer}
        below = f"{slot}-below"
        if self.shown(operation, below):  # by an earlier attempt
            self.show(operation, below, message=message, **where)  # type: ignore[arg-type]
        elif self.shown(operation, slot) and not self._updates.urgent(operation, slot):
            self.post_once(operation, below, message=message, **where)  # type: ignore[arg-type]
            self.show(operation, slot, message=pointer, **where)  # type: ignore[arg-type]
        else:
            self.show(operation, slot, message=message, granted=True, **where)  # type: ignore[arg-type]

    def upload_once(
        self, operation: OperationId, slot: str, *, channel: str, thread: str, file: kit.File
    ) -> None:
        """Put a file into a thread once. An upload that was cut off is made again: two are better than
        none.
        """
        begun = self._slots.begin(operation=operation, slot=slot, channel=channel, thread=thread)
        if begun.ts is not None:
            return
        self._web.upload(
            channel=channel, thread=thread, name=file.name, title=file.title, content=file.content
        )
        self._slots.posted(operation=operation, slot=slot, ts="file")

    def _ensure(
        self,
        operation: OperationId,
        slot: str,
        *,
        channel: str,
        thread: str,
        message: kit.Message,
        offer: Offer,
        rank: int = FIRST,
    ) -> tuple[str, bool]:
        begun = self._slots.begin(operation=operation, slot=slot, channel=channel, thread=thread)
        if begun.ts is not None:
            return begun.ts, False
        if not begun.fresh:
            found = self._find(operation, slot, begun)
            if found:
                self._slots.posted(operation=operation, slot=slot, ts=found)
                return found, False
        ts = self._post(
            operation,
            slot,
            begun=begun,
            blocks=with_offers(message.blocks, offer),
            text=message.text,
            rank=rank,
        )
        self._slots.posted(operation=operation, slot=slot, ts=ts)
        return ts, True

    def _find(self, operation: OperationId, slot: str, begun: Slot) -> str | None:
        since = f"{(begun.begun - CLOCK_SKEW).timestamp():.6f}"
        return self._web.find_posted(
            channel=begun.channel, thread=begun.thread, since=since, operation=operation, slot=slot
        )

    def _post(
        self,
        operation: OperationId,
        slot: str,
        *,
        begun: Slot,
        text: str,
        blocks: list[dict[str, Any]],
        rank: int,
    ) -> str:
        payload = {"operation": operation, "slot": slot}
        metadata = {"event_type": METADATA_TYPE, "event_payload": payload}

        def post() -> str:
            return self._web.post(
                channel=begun.channel,
                thread=begun.thread,
                text=text,
                blocks=blocks,
                metadata=metadata,
                rank=rank,
            )

        try:
            return post()
        except SlackUnreachable:
            log.warning("answer of chat.postMessage lost", slot=slot, channel=begun.channel)
            return self._find(operation, slot, begun) or post()
