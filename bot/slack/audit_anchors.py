"""Heads of the audit chain in a channel: posted there, and read back to be compared with the chain.

What was posted is read from Slack and not from our database, which is what is being checked. Only messages
of the bot itself count. Reading needs a history scope (the app's optional one) and the bot in the channel.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.audit.trail import Posted, anchor_text, read_anchors
from bot.common.problems import Problem, Refusal
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.web_client import SlackRefused, SlackWebClient
from bot.slack.views import audit as views
from storage.audit_chain import Head

METADATA_TYPE = "xk8s_audit_anchor"
PAGE = 200
PAGES = 10  # two thousand messages of a channel are looked through


class AnchorsUnread(Problem):
    """The posted heads cannot be read."""


class SlackAnchors:
    """The channel that heads are posted to."""

    def __init__(
        self, web: SlackWebClient, *, bot: Callable[[], str], channel: Callable[[], str | None]
    ) -> None:
        """`bot` is our own user id; `channel` says where, None for nowhere."""
        self._web = web
        self._bot = bot
        self._channel = channel

    def post(self, channel: str, head: Head, at: datetime) -> str:
        """Post a head; return the message's ts. Raises `Problem`."""
        message = views.show_anchor(anchor_text(head))
        payload = {"position": head.position, "hash": head.hash, "at": at.isoformat()}
        metadata = {"event_type": METADATA_TYPE, "event_payload": payload}
        return self._web.post(
            channel=channel, thread="", text=message.text, blocks=list(message.blocks), metadata=metadata
        )

    def posted(self) -> list[Posted]:
        """The heads that stand in the channel, oldest first. Raises `Problem`."""
        channel = self._channel()
        if not channel:
            raise Refusal(
                "No channel is configured for anchors", fix="Set `audit.anchor_channel` in the configuration."
            )
        found: list[Posted] = []
        cursor = ""
        for _ in range(PAGES):
            page = self._page(channel, cursor)
            for message in page.get("messages", []):
                found += self._heads(message)
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return found[::-1]

    def _page(self, channel: str, cursor: str) -> dict[str, Any]:
        more = {"cursor": cursor} if cursor else {}
        try:
            return self._web.read("conversations.history", channel=channel, limit=PAGE, **more)
        except (SlackRefused, CannotAnswer) as refused:
            raise AnchorsUnread(
                "The channel with the posted heads cannot be read",
                why=refused.why,
                fix=f"Give the app channels:history and invite it to {channel}, or paste a head: "
                "`xk8s audit verify --anchor POSITION:HASH`.",
            ) from refused

    def _heads(self, message: dict[str, Any]) -> list[Posted]:
        if not self._bot() or message.get("user") != self._bot() or message.get("thread_ts"):
            return []
        text = str(message.get("text", ""))
        if not text.startswith(views.ANCHOR):
            return []
        at = datetime.fromtimestamp(float(message["ts"]), UTC)
        return [Posted(head=head, at=at) for head in read_anchors(text)]
