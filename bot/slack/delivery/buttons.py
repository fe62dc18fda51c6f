"""Turns the buttons of a view into Slack's: the action stays here, the button carries an opaque id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.actions.request import OfferId
from bot.slack import kit


def with_offers(blocks: Iterable[kit.Block], offer: Callable[[kit.Button], OfferId]) -> list[dict[str, Any]]:
    """Return blocks that Slack understands, with each `kit.Button` offered under an opaque id."""
    return [_block(block, number, offer) for number, block in enumerate(blocks)]


def _block(block: kit.Block, number: int, offer: Callable[[kit.Button], OfferId]) -> dict[str, Any]:
    if block["type"] != "actions":
        return block
    elements = [
        _button(element["button"], at, offer) if "button" in element else element
        for at, element in enumerate(block["elements"])
    ]
    return {**block, "block_id": f"offers-{number}", "elements": elements}


def _button(button: kit.Button, at: int, offer: Callable[[kit.Button], OfferId]) -> dict[str, Any]:
    kind = kit.DISMISS if button.dismisses else kit.FORM if button.opens_form else kit.RUN
    shown: dict[str, Any] = {
        "type": "button",
        "action_id": f"{kind}.{at}",  # unique within its block, as Slack demands
        "text": {"type": "plain_text", "text": kit.cut(button.label, kit.BUTTON_LABEL), "emoji": True},
    }
    if not button.dismisses:
        shown["value"] = offer(button)
    if button.style:
        shown["style"] = button.style
    if button.confirm:
        shown["confirm"] = {
            "title": {"type": "plain_text", "text": kit.cut(button.confirm.title, 100)},
            "text": {"type": "mrkdwn", "text": kit.cut(button.confirm.text, 300)},
            "confirm": {"type": "plain_text", "text": kit.cut(button.confirm.confirm, 30)},
            "deny": {"type": "plain_text", "text": kit.cut(button.confirm.deny, 30)},
        }
        if button.style == "danger":
            shown["confirm"]["style"] = "danger"
    return shown
