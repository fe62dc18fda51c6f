"""Heads of the audit chain in a Slack channel: posted there, and read back to be compared with the chain.

They are read from Slack and not from the database, because the database is what is being checked. Only
messages of the bot itself count. Reading needs a history scope (the app's optional one) and the bot in the
channel.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.audit.trail import Posted, anchor_text, read_anchors
from bot.common.problems import Problem, Refusal
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import SlackRefused
from bot.slack.views.audit import ANCHOR, show_anchor
from storage.audit_chain import Head

METADATA_TYPE = "xk8s_audit_anchor"
PAGE_SIZE = 200
MOST_PAGES = 10  # so the last two thousand messages of the channel are read


class AnchorsUnread(Problem):
    """The posted heads cannot be read from Slack."""


class SlackAnchors:
    """The `Anchors` of `bot.audit` in a Slack channel."""

    def __init__(
        self, web: SlackWebClient, *, bot: Callable[[], str], channel: Callable[[], str | None]
    ) -> None:
        """`bot` returns the bot's own user id, `channel` the channel of the heads or None."""
        self._web = web
        self._bot = bot
        self._channel = channel

    def post(self, channel: str, head: Head, at: datetime) -> str:
        """Post a head and return the message's ts. Raises `Problem`."""
        message = show_anchor(anchor_text(head))
        payload = {"position": head.position, "hash": head.hash, "at": at.isoformat()}
        metadata = {"event_type": METADATA_TYPE, "event_payload": payload}
        return self._web.post(
            channel=channel, thread="", text=message.text, blocks=list(message.blocks), metadata=metadata
        )

    def posted(self) -> list[Posted]:
        """Return the heads in the channel, the oldest first. Raises `Problem`."""
        channel = self._channel()
        if not channel:
            raise Refusal(
                "No channel is configured for anchors", fix="Set `audit.anchor_channel` in the configuration."
            )
        heads: list[Posted] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            page = self._page(channel, cursor)
            for message in page.get("messages", []):
                heads += self._heads(message)
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return heads[::-1]

    def _page(self, channel: str, cursor: str) -> dict[str, Any]:
        arguments = {"channel": channel, "limit": PAGE_SIZE} | ({"cursor": cursor} if cursor else {})
        try:
            return self._web.read("conversations.history", **arguments)
        except (SlackRefused, CannotAnswer) as refusal:
            raise AnchorsUnread(
                "The channel with the posted heads cannot be read",
                why=refusal.why,
                fix=f"Give the app channels:history and invite it to {channel}, or paste a head: "
                "`xk8s audit verify --anchor POSITION:HASH`.",
            ) from refusal

    def _heads(self, message: dict[str, Any]) -> list[Posted]:
        bot, text = self._bot(), str(message.get("text", ""))
        is_head = text.startswith(ANCHOR) and not message.get("thread_ts")
        if not bot or message.get("user") != bot or not is_head:
            return []
        at = datetime.fromtimestamp(float(message["ts"]), UTC)
        return [Posted(head=head, at=at) for head in read_anchors(text)]
