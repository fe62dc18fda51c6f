"""Posts each message of an answer once, even if the process dies between posting it and noting that.

A *slot* is one message of an operation, by a fixed name (`root`, `answer`, `more-1`, …): the idempotency key
of its `chat.postMessage`. The slot is noted in the database before its message is posted, and the message's
ts after. A slot without a ts was cut off in between: its message is looked for by its metadata (which needs a
history scope, the app's optional one), and posted again only if it is not there. Once posted, the message of
a slot is updated in place.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.actions.request import OperationId
from bot.requests.answer import CannotAnswer
from bot.slack import kit
from bot.slack.delivery.buttons import with_buttons
from bot.slack.delivery.channel_rate_limit import Priority
from bot.slack.delivery.update_rate_limit import UpdateRateLimit
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import MESSAGE_GONE, SlackRefused, SlackUnreachable
from bot.slack.offers import OfferButton
from storage.deliveries import Delivery, DeliveryRepository

log = structlog.get_logger(__name__)

METADATA_TYPE = "xk8s_delivery"
CLOCK_SKEW = timedelta(seconds=30)  # at most between Slack's clock and ours, where a message is looked for
ROOT, ANSWER = "root", "answer"  # the slots that every answer has


@dataclasses.dataclass(frozen=True)
class Slot:
    """The place of one message: its operation, its name, the channel, and the thread (empty: the channel
    itself).
    """

    operation: OperationId
    name: str
    channel: str
    thread: str = ""


class Outbox:
    """Shows messages in slots: posts them the first time, and updates them from then on."""

    def __init__(
        self,
        web: SlackWebClient,
        deliveries: DeliveryRepository,
        updates: UpdateRateLimit,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._web = web
        self._deliveries = deliveries
        self._updates = updates
        self._now = now

    def thread_of(self, operation: OperationId) -> str | None:
        """Return the ts of the operation's root message, if one was posted."""
        delivery = self._deliveries.get(operation=operation, slot=ROOT)
        return delivery.ts if delivery else None

    def is_posted(self, operation: OperationId, name: str) -> bool:
        """Return whether the message of a slot is known to exist."""
        delivery = self._deliveries.get(operation=operation, slot=name)
        return delivery is not None and delivery.ts is not None

    def post_once(
        self, slot: Slot, message: kit.Message, offer: OfferButton, *, priority: Priority = Priority.ANSWER
    ) -> str:
        """Post a message unless its slot has one already; return the ts of the slot's message."""
        return self._ensure(slot, message, offer, priority)[0]

    def show(self, slot: Slot, message: kit.Message, offer: OfferButton, *, acquired: bool = False) -> None:
        """Make a slot show a message: post it, or update what is there, as soon as the rate limit has room.

        `acquired` says that the caller has taken the update from the rate limit already. A message that a
        person has deleted is not posted again by an update.
        """
        ts, posted = self._ensure(slot, message, offer)
        if posted:
            return
        blocks = with_buttons(message.blocks, offer)
        if not acquired and not self._updates.acquire_urgent(slot.operation, slot.name):
            self._updates.defer(
                slot.operation, slot.name, channel=slot.channel, ts=ts, text=message.text, blocks=blocks
            )
            return
        try:
            self._web.update(channel=slot.channel, ts=ts, text=message.text, blocks=blocks)
        except SlackRefused as refusal:
            if refusal.error not in MESSAGE_GONE:
                raise
            log.info("message to update is gone", slot=slot.name, channel=slot.channel, error=refusal.error)

    def show_end(self, slot: Slot, message: kit.Message, offer: OfferButton, *, pointer: kit.Message) -> None:
        """Make a slot show the end of something at once: without room for an update, it is a new message
        below.

        What the slot showed is then replaced by `pointer`, as soon as there is room.
        """
        below = dataclasses.replace(slot, name=f"{slot.name}-below")
        if self.is_posted(slot.operation, below.name):  # by an earlier attempt
            self.show(below, message, offer)
        elif self.is_posted(slot.operation, slot.name) and not self._updates.acquire_urgent(
            slot.operation, slot.name
        ):
            self.post_once(below, message, offer)
            self.show(slot, pointer, offer)
        else:
            self.show(slot, message, offer, acquired=True)

    def upload_once(self, slot: Slot, file: kit.File) -> None:
        """Put a file into a thread once.

        An upload that was cut off is repeated: two files are better than none.
        """
        if self._begin(slot).ts is not None:
            return
        self._web.upload(
            channel=slot.channel, thread=slot.thread, name=file.name, title=file.title, content=file.content
        )
        self._deliveries.mark_posted(operation=slot.operation, slot=slot.name, ts="file")

    def _ensure(
        self, slot: Slot, message: kit.Message, offer: OfferButton, priority: Priority = Priority.ANSWER
    ) -> tuple[str, bool]:
        """Return the ts of the slot's message, and whether this call has posted it."""
        delivery = self._begin(slot)
        if delivery.ts is not None:
            return delivery.ts, False
        slot = dataclasses.replace(slot, channel=delivery.channel, thread=delivery.thread)
        earlier = None if delivery.fresh else self._find(slot, delivery.begun)
        ts = earlier or self._post(slot, message, offer, priority, since=delivery.begun)
        self._deliveries.mark_posted(operation=slot.operation, slot=slot.name, ts=ts)
        return ts, earlier is None

    def _begin(self, slot: Slot) -> Delivery:
        """Note that a slot's message is about to be posted; return what is known of it."""
        return self._deliveries.begin(
            operation=slot.operation,
            slot=slot.name,
            channel=slot.channel,
            thread=slot.thread,
            now=self._now(),
        )

    def _post(
        self, slot: Slot, message: kit.Message, offer: OfferButton, priority: Priority, *, since: datetime
    ) -> str:
        """Post a message and return its ts.

        If the answer is lost, it is looked for before it is posted again.
        """
        payload = {"operation": slot.operation, "slot": slot.name}
        blocks = with_buttons(message.blocks, offer)

        def post() -> str:
            return self._web.post(
                channel=slot.channel,
                thread=slot.thread,
                text=message.text,
                blocks=blocks,
                metadata={"event_type": METADATA_TYPE, "event_payload": payload},
                priority=priority,
            )

        try:
            return post()
        except SlackUnreachable:
            log.warning("answer of chat.postMessage lost", slot=slot.name, channel=slot.channel)
            return self._find(slot, since) or post()

    def _find(self, slot: Slot, since: datetime) -> str | None:
        """Return the ts of the slot's message, if it was posted since a moment; None also if it cannot be
        read.
        """
        method = "conversations.replies" if slot.thread else "conversations.history"
        arguments = {
            "channel": slot.channel,
            "oldest": f"{(since - CLOCK_SKEW).timestamp():.6f}",
            "inclusive": True,
            "limit": 200,
            "include_all_metadata": True,
        }
        if slot.thread:
            arguments["ts"] = slot.thread
        try:
            messages = self._web.read(method, **arguments).get("messages", [])
        except (SlackRefused, CannotAnswer):  # without the history scope, or not a member of the channel
            return None
        payload = {"operation": slot.operation, "slot": slot.name}
        for message in messages:
            if payload.items() <= ((message.get("metadata") or {}).get("event_payload") or {}).items():
                return str(message["ts"])
        return None
