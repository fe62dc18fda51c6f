"""What every form is made of: the view, its inputs, and how it looks while it is empty."""

from __future__ import annotations

from typing import Any

from bot.actions.request import OfferId, OperationId
from bot.slack import kit

View = dict[str, Any]
TITLE, BUTTON = 24, 24  # characters of a modal's title and buttons


def loading_view(operation: OperationId) -> View:
    """The form while it is being filled; it is found again by its external id."""
    return {
        "type": "modal",
        "callback_id": f"{kit.FORM}.loading",
        "external_id": operation,
        "title": plain("xk8s"),
        "close": plain("Cancel"),
        "blocks": [kit.section("⏳ One moment…")],
    }


def message_view(operation: OperationId, text: str) -> View:
    """What the form says when it cannot be filled: why, in mrkdwn."""
    return {**loading_view(operation), "close": plain("Close"), "blocks": kit.sections(text)}


def form_view(
    *,
    operation: OperationId,
    offer: OfferId,
    title: str,
    submit: str,
    blocks: list[kit.Block],
    form: str = "",
) -> View:
    """A form that is filled in; `form` names its kind where its values are checked before it closes."""
    return {
        "type": "modal",
        "callback_id": f"{kit.FORM}.{form}" if form else kit.FORM,
        "external_id": operation,
        "private_metadata": offer,
        "title": plain(kit.cut(title, TITLE)),
        "submit": plain(kit.cut(submit, BUTTON)),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


def plain(text: str) -> dict[str, Any]:
    """A plain-text object."""
    return {"type": "plain_text", "text": text}


def option(value: str, text: str) -> dict[str, Any]:
    """One choice of a menu."""
    return {"text": plain(text), "value": value}


def text_input(
    field: str, *, initial: str = "", multiline: bool = False, placeholder: str = ""
) -> dict[str, Any]:
    """A line or an area for text."""
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": field, "multiline": multiline}
    if initial:
        element["initial_value"] = initial
    if placeholder:
        element["placeholder"] = plain(kit.cut(placeholder, 150))
    return element


def labelled(
    field: str, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    """An input with its label; errors are shown beside it under the field's name."""
    block: dict[str, Any] = {
        "type": "input",
        "block_id": field,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint)
    return block
