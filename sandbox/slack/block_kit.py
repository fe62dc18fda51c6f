"""The limits of Block Kit, as strict as Slack: what is at a limit is accepted, one more is refused.

https://docs.slack.dev/reference/block-kit/blocks/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
BLOCK_TEXT = 13_200  # over all blocks of a message
MESSAGE_ONLY = frozenset({"table", "markdown"})
TEXT_INPUTS = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})
MENUS = frozenset(
    {
        "static_select",
        "multi_static_select",
        "users_select",
        "multi_users_select",
        "conversations_select",
        "channels_select",
        "external_select",
        "checkboxes",
        "radio_buttons",
        "datepicker",
        "timepicker",
        "datetimepicker",
    }
)
INPUTS = TEXT_INPUTS | MENUS | {"file_input", "rich_text_input"}
ACTION_ELEMENTS = MENUS | {"button", "overflow"}
LIMITS = {  # characters
    "section": 3_000,
    "field": 2_000,
    "header": 150,
    "button": 75,
    "value": 2_000,
    "option": 75,
    "option_value": 150,
    "label": 2_000,
    "action_id": 255,
    "block_id": 255,
    "markdown": 12_000,
    "placeholder": 150,
    "view_title": 24,
    "confirm_title": 100,
    "confirm_text": 300,
    "confirm_button": 30,
    "input": 3_000,
    "url": 3_000,
    "alt_text": 2_000,
}
BLOCKS = frozenset(
    {
        "section",
        "divider",
        "header",
        "context",
        "actions",
        "image",
        "table",
        "markdown",
        "input",
        "rich_text",
        "file",
        "video",
    }
)


def check_message(blocks: Any) -> None:
    """Check the blocks of a message. Raises `SlackError`."""
    problems = list(_list_problems(blocks, most=MESSAGE_BLOCKS, view=False))
    if problems:
        raise SlackError("invalid_blocks", problems)
    if sum(block["type"] == "table" for block in blocks) > 1:
        raise SlackError("invalid_attachments", ["only_one_table_allowed"])
    if text_size(blocks) > BLOCK_TEXT:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Json) -> None:
    """Check a modal or a Home tab. Raises `SlackError`."""
    problems = list(_list_problems(view.get("blocks"), most=VIEW_BLOCKS, view=True))
    kind = view.get("type")
    if kind not in ("modal", "home"):
        problems.append("[ERROR] must be one of: modal, home [json-pointer:/view/type]")
    if kind == "home" and any(
        (block.get("element") or {}).get("type") == "file_input" for block in view.get("blocks") or []
    ):
        problems.append("[ERROR] unsupported element: file_input [json-pointer:/view/blocks]")
    if kind == "modal":
        for part in ("title", "submit", "close"):
            if part in view:
                problems += _text(view[part], LIMITS["view_title"], f"/view/{part}", plain=True)
        if "title" not in view:
            problems.append("[ERROR] missing required field: title [json-pointer:/view]")
        if any(block.get("type") == "input" for block in view.get("blocks") or []) and "submit" not in view:
            problems.append("[ERROR] missing required field: submit [json-pointer:/view]")
    if len(view.get("private_metadata", "")) > 3_000:
        problems.append("[ERROR] must be less than 3001 characters [json-pointer:/view/private_metadata]")
    if problems:
        raise SlackError("invalid_arguments", problems)


def text_size(value: Any) -> int:
    """Return the number of characters of text in blocks."""
    if isinstance(value, dict):
        length = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return length + sum(text_size(inner) for inner in value.values() if isinstance(inner, (dict, list)))
    return sum(map(text_size, value)) if isinstance(value, list) else 0


def _list_problems(blocks: Any, *, most: int, view: bool) -> Iterable[str]:
    if not isinstance(blocks, list):
        yield "[ERROR] must be an array [json-pointer:/blocks]"
        return
    if len(blocks) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:/blocks]"
    block_ids: set[str] = set()
    for number, block in enumerate(blocks):
        at = f"/blocks/{number}"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in BLOCKS or (view and kind in MESSAGE_ONLY):
            yield f"[ERROR] unsupported type: {kind} [json-pointer:{at}/type]"
            continue
        name = block.get("block_id")
        if name is not None:
            if name in block_ids:
                yield f"[ERROR] `block_id` {name} already exists [json-pointer:{at}/block_id]"
            block_ids.add(name)
            if len(name) > LIMITS["block_id"]:
                yield f"[ERROR] must be less than 256 characters [json-pointer:{at}/block_id]"
        yield from _block_problems(block, at)


def _block_problems(block: Json, at: str) -> Iterable[str]:
    match block["type"]:
        case "section":
            yield from _section(block, at)
        case "header":
            yield from _text(block.get("text"), LIMITS["header"], f"{at}/text", plain=True)
        case "context":
            elements = block.get("elements") or []
            if not 1 <= len(elements) <= 10:
                yield f"[ERROR] must have 1 to 10 items [json-pointer:{at}/elements]"
        case "actions":
            yield from _actions(block.get("elements") or [], at)
        case "input":
            yield from _input(block, at)
        case "image":
            yield from _image(block, at)
        case "table":
            yield from _table(block, at)
        case "markdown":
            if not 1 <= len(block.get("text", "")) <= LIMITS["markdown"]:
                yield f"[ERROR] must be 1 to 12000 characters [json-pointer:{at}/text]"


def _input(block: Json, at: str) -> Iterable[str]:
    yield from _text(block.get("label"), LIMITS["label"], f"{at}/label", plain=True)
    if "hint" in block:
        yield from _text(block["hint"], LIMITS["label"], f"{at}/hint", plain=True)
    element = block.get("element") or {}
    if element.get("type") not in INPUTS:
        yield f"[ERROR] unsupported type: {element.get('type')} [json-pointer:{at}/element/type]"
    yield from _element(element, f"{at}/element")
    if element.get("type") == "file_input" and not 1 <= element.get("max_files", 10) <= 10:
        yield f"[ERROR] must be 1 to 10 [json-pointer:{at}/element/max_files]"
    if element.get("type") == "plain_text_input":
        most = element.get("max_length", LIMITS["input"])
        if not 1 <= most <= LIMITS["input"] or len(element.get("initial_value", "")) > LIMITS["input"]:
            yield f"[ERROR] must be less than {LIMITS['input'] + 1} characters [json-pointer:{at}/element]"


def _image(block: Json, at: str) -> Iterable[str]:
    if not (block.get("image_url") or block.get("slack_file")):
        yield f"[ERROR] missing required field: image_url or slack_file [json-pointer:{at}]"
    if len(block.get("image_url") or "") > LIMITS["url"]:
        yield f"[ERROR] must be less than 3001 characters [json-pointer:{at}/image_url]"
    if not 1 <= len(block.get("alt_text", "")) <= LIMITS["alt_text"]:
        yield f"[ERROR] must be 1 to 2000 characters [json-pointer:{at}/alt_text]"


def _section(block: Json, at: str) -> Iterable[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield f"[ERROR] missing required field: text [json-pointer:{at}]"
    if "text" in block:
        yield from _text(block["text"], LIMITS["section"], f"{at}/text")
    if fields is not None and not 1 <= len(fields) <= 10:
        yield f"[ERROR] must have 1 to 10 items [json-pointer:{at}/fields]"
    for number, field in enumerate(fields or []):
        yield from _text(field, LIMITS["field"], f"{at}/fields/{number}")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _actions(elements: list[Json], at: str) -> Iterable[str]:
    if not 1 <= len(elements) <= 25:
        yield f"[ERROR] must have 1 to 25 items [json-pointer:{at}/elements]"
    names = [element.get("action_id") for element in elements if element.get("action_id")]
    if len(set(names)) != len(names):
        yield f"[ERROR] `action_id` already exists [json-pointer:{at}/elements]"
    for number, element in enumerate(elements):
        if element.get("type") not in ACTION_ELEMENTS:
            yield (
                f"[ERROR] unsupported type: {element.get('type')} [json-pointer:{at}/elements/{number}/type]"
            )
        yield from _element(element, f"{at}/elements/{number}")


def _element(element: Json, at: str) -> Iterable[str]:
    kind = element.get("type", "")
    if len(element.get("action_id", "")) > LIMITS["action_id"]:
        yield f"[ERROR] must be less than 256 characters [json-pointer:{at}/action_id]"
    if kind == "button":
        yield from _text(element.get("text"), LIMITS["button"], f"{at}/text", plain=True)
        if len(element.get("value", "")) > LIMITS["value"]:
            yield f"[ERROR] must be less than 2001 characters [json-pointer:{at}/value]"
        if element.get("style") not in (None, "primary", "danger"):
            yield f"[ERROR] invalid style [json-pointer:{at}/style]"
        if "confirm" in element:
            yield from _confirm(element["confirm"], f"{at}/confirm")
    if "placeholder" in element:
        yield from _text(element["placeholder"], LIMITS["placeholder"], f"{at}/placeholder", plain=True)
    if kind in ("static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow"):
        yield from _menu(element, kind, at)


def _menu(element: Json, kind: str, at: str) -> Iterable[str]:
    options = element.get("options")
    most = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}.get(kind, 100)
    if element.get("option_groups"):
        options = [option for group in element["option_groups"] for option in group.get("options") or []]
        most *= 100
    if not options or len(options) > most:
        yield f"[ERROR] must have 1 to {most} items [json-pointer:{at}/options]"
    for number, option in enumerate(options or []):
        yield from _text(option.get("text"), LIMITS["option"], f"{at}/options/{number}/text")
        if not 1 <= len(option.get("value", "")) <= LIMITS["option_value"]:
            yield f"[ERROR] must be 1 to 150 characters [json-pointer:{at}/options/{number}/value]"
    initial = element.get("initial_option")
    if initial is not None and initial not in (options or []):
        yield f"[ERROR] initial_option must be one of the options [json-pointer:{at}/initial_option]"


def _confirm(confirm: Json, at: str) -> Iterable[str]:
    yield from _text(confirm.get("title"), LIMITS["confirm_title"], f"{at}/title")
    yield from _text(confirm.get("text"), LIMITS["confirm_text"], f"{at}/text")
    for part in ("confirm", "deny"):
        yield from _text(confirm.get(part), LIMITS["confirm_button"], f"{at}/{part}")


def _table(block: Json, at: str) -> Iterable[str]:
    rows = block.get("rows") or []
    if not 1 <= len(rows) <= 100:
        yield f"[ERROR] must have 1 to 100 items [json-pointer:{at}/rows]"
    if len(block.get("column_settings") or []) > 20:
        yield f"[ERROR] no more than 20 items allowed [json-pointer:{at}/column_settings]"
    for number, row in enumerate(rows):
        if not 1 <= len(row) <= 20:
            yield f"[ERROR] must have 1 to 20 items [json-pointer:{at}/rows/{number}]"
        for cell in row:
            if cell.get("type") == "raw_text" and not cell.get("text"):
                yield f"[ERROR] must be more than 0 characters [json-pointer:{at}/rows/{number}]"
    if text_size(rows) > 10_000:
        yield f"[ERROR] must be less than 10001 characters [json-pointer:{at}/rows]"


def _text(text: Any, longest: int, at: str, *, plain: bool = False) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in ("mrkdwn", "plain_text"):
        return [f"[ERROR] missing required field: text [json-pointer:{at}]"]
    if plain and text["type"] != "plain_text":
        return [f"[ERROR] must be plain_text [json-pointer:{at}]"]
    if not 1 <= len(text.get("text", "")) <= longest:
        return [f"[ERROR] must be 1 to {longest} characters [json-pointer:{at}/text]"]
    return []
