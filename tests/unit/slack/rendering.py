"""Reads rendered messages the way that a person does: their text, their buttons, their markup."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bot.actions.request import OfferId
from bot.slack import kit, plain_text
from bot.slack.delivery.buttons import with_buttons


def buttons(*messages: kit.Message) -> dict[str, kit.Button]:
    """The buttons of messages by their labels, in order."""
    return {
        element["button"].label: element["button"]
        for message in messages
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def text(*messages: kit.Message) -> str:
    """The lines of messages, as a terminal prints them."""
    return "\n".join(line for message in messages for line in plain_text.lines(message.blocks))


def words(blocks: Iterable[kit.Block]) -> str:
    """The text of blocks in one line, for what is wrapped."""
    return " ".join(" ".join(plain_text.lines(blocks)).split())


def mrkdwn(value: object) -> list[str]:
    """The texts of blocks that Slack reads as markup (a table's raw_text is not)."""
    if isinstance(value, dict):
        own = [str(value["text"])] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in mrkdwn(inner)]
    return [text for inner in value for text in mrkdwn(inner)] if isinstance(value, list) else []


def as_sent(message: kit.Message) -> list[dict[str, Any]]:
    """The blocks of a message as Slack gets them, each button with the same offer."""
    return json.loads(json.dumps(with_buttons(message.blocks, lambda _button: OfferId("o" * 32))))  # type: ignore[no-any-return]
