"""What every form is made of: the modal, its inputs, and how it looks while it is empty."""

from typing import Any

from bot.actions.request import OfferId, OperationId
from bot.slack import kit

View = dict[str, Any]
TITLE = BUTTON = 24  # characters of a modal's title and of its buttons, by Slack's reference
PLACEHOLDER = 150


def loading_view(operation: OperationId) -> View:
    """The modal until it is filled; the operation is its external id, by which it is found again."""
    return {
        "type": "modal",
        "callback_id": f"{kit.FORM}.loading",
        "external_id": operation,
        "title": plain("xk8s"),
        "close": plain("Cancel"),
        "blocks": [kit.section("⏳ One moment…")],
    }


def message_view(operation: OperationId, text: str) -> View:
    """The modal that says, in mrkdwn, why the form cannot be filled."""
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
    """A modal with inputs; `form` is the name of its `Form`, by which its values are checked before it
    closes.
    """
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
    """A plain-text composition object."""
    return {"type": "plain_text", "text": text}


def option(value: str, text: str) -> dict[str, Any]:
    """One option of a select menu."""
    return {"text": plain(text), "value": value}


def text_input(
    field: str, *, initial: str = "", multiline: bool = False, placeholder: str = ""
) -> dict[str, Any]:
    """A plain-text input of one line or, with `multiline`, an area."""
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": field, "multiline": multiline}
    if initial:
        element["initial_value"] = initial
    if placeholder:
        element["placeholder"] = plain(kit.cut(placeholder, PLACEHOLDER))
    return element


def labelled(
    field: str, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    """An input block: an element with its label. `field` is the block id, beside which errors are shown."""
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
