"""Turns the buttons of a view into Block Kit elements: the action is stored, and the button carries its
offer's id.
"""

from collections.abc import Iterable
from typing import Any

from bot.slack import kit
from bot.slack.offers import OfferButton


def with_buttons(blocks: Iterable[kit.Block], offer: OfferButton) -> list[dict[str, Any]]:
    """Return blocks as Slack takes them; `offer` is called for each `kit.Button`."""
    return [_block(block, number, offer) for number, block in enumerate(blocks)]


def _block(block: kit.Block, number: int, offer: OfferButton) -> dict[str, Any]:
    if block["type"] != "actions":
        return block
    elements = [
        _element(element["button"], at, offer) if "button" in element else element
        for at, element in enumerate(block["elements"])
    ]
    return {**block, "block_id": f"offers-{number}", "elements": elements}


def _element(button: kit.Button, at: int, offer: OfferButton) -> dict[str, Any]:
    kind = kit.DISMISS if button.dismisses else kit.FORM if button.opens_form else kit.RUN
    element: dict[str, Any] = {
        "type": "button",
        "action_id": f"{kind}.{at}",  # unique within its block, as Slack demands
        "text": {"type": "plain_text", "text": kit.cut(button.label, kit.BUTTON_LABEL), "emoji": True},
    }
    if not button.dismisses:
        element["value"] = offer(button)
    if button.style:
        element["style"] = button.style
    if button.confirm:
        element["confirm"] = _dialog(button.confirm)
        if button.style == "danger":
            element["confirm"]["style"] = "danger"
    return element


def _dialog(confirm: kit.Confirm) -> dict[str, Any]:
    return {
        "title": {"type": "plain_text", "text": kit.cut(confirm.title, 100)},
        "text": {"type": "mrkdwn", "text": kit.cut(confirm.text, 300)},
        "confirm": {"type": "plain_text", "text": kit.cut(confirm.confirm, 30)},
        "deny": {"type": "plain_text", "text": kit.cut(confirm.deny, 30)},
    }
