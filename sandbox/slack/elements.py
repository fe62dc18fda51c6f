"""Interactive elements: where they are in blocks, and what the app is told once somebody used them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
ONE_OPTION = frozenset({"static_select", "radio_buttons", "overflow", "external_select"})
OPTIONS = frozenset({"checkboxes", "multi_static_select"})
CHOSEN = {  # elements whose state is one plain value, and its name
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
}


def within(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block."""
    for block in blocks:
        if block.get("type") == "actions":
            yield from ((block, element) for element in block.get("elements", []))
        elif block.get("type") == "input":
            yield block, block["element"]
        elif "accessory" in block:
            yield block, block["accessory"]


def find(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """An element by its action id, with its block. Raises `KeyError`."""
    for block, element in within(blocks):
        if element.get("action_id") == action_id and block_id in ("", block.get("block_id", "")):
            return block, element
    raise KeyError(action_id)


def action(element: Json, block: Json, given: Any) -> Json:
    """The entry in `actions` for an element that was used; `given` is what was chosen or typed."""
    told = {
        "action_id": element["action_id"],
        "block_id": block.get("block_id", ""),
        "type": element["type"],
        "action_ts": f"{time.time():.6f}",
    }
    if element["type"] == "button":
        return {**told, "text": element["text"], "value": element.get("value", "")}
    return {**told, **value(element, given, lambda _file: {})}


def state(blocks: list[Json], values: dict[str, Any], file: Callable[[str], Json]) -> Json:
    """`state.values`: every stateful element by block id and action id."""
    told: Json = {}
    for block, element in within(blocks):
        if element["type"] in ("button", "overflow"):
            continue
        name = str(element["action_id"])
        told.setdefault(str(block.get("block_id") or name), {})[name] = value(element, values.get(name), file)
    return told


def value(element: Json, given: Any, file: Callable[[str], Json]) -> Json:
    """One element's state; `given` None means untouched, so that the initial value counts."""
    kind = element["type"]
    if kind in ONE_OPTION:
        chosen = given if given is not None else element.get("initial_option", {}).get("value")
        return {"type": kind, "selected_option": _option(element, chosen)}
    if kind in OPTIONS:
        wanted = (
            given if given is not None else [each["value"] for each in element.get("initial_options", [])]
        )
        return {
            "type": kind,
            "selected_options": [each for each in _options(element) if each["value"] in wanted],
        }
    if kind == "file_input":
        return {"type": kind, "files": [file(each) for each in given or []]}
    if kind in CHOSEN:
        initial = element.get(CHOSEN[kind].replace("selected", "initial"))
        return {"type": kind, CHOSEN[kind]: given if given is not None else initial}
    text = given if given is not None else element.get("initial_value")
    return {"type": kind, "value": text or None}


def _options(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def _option(element: Json, chosen: Any) -> Json | None:
    return next((option for option in _options(element) if option["value"] == chosen), None)
