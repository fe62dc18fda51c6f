"""Interactive elements of Block Kit: where they are in blocks, and their state once somebody used them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.slack.model import Json

ONE_OPTION = frozenset({"static_select", "radio_buttons", "overflow", "external_select"})
SEVERAL_OPTIONS = frozenset({"checkboxes", "multi_static_select"})
PLAIN_VALUES = {  # elements whose state is one plain value, and its name
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
}


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield every interactive element after its block."""
    for block in blocks:
        if block.get("type") == "actions":
            yield from ((block, element) for element in block.get("elements", []))
        elif block.get("type") == "input":
            yield block, block["element"]
        elif "accessory" in block:
            yield block, block["accessory"]


def find(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """Return the block and the element of an action id. Raises `KeyError`."""
    for block, element in elements_of(blocks):
        if element.get("action_id") == action_id and block_id in ("", block.get("block_id", "")):
            return block, element
    raise KeyError(action_id)


def action(element: Json, block: Json, chosen: Any) -> Json:
    """Return the entry of `actions` for an element that was used; `chosen` is what was chosen or typed."""
    entry = {
        "action_id": element["action_id"],
        "block_id": block.get("block_id", ""),
        "type": element["type"],
        "action_ts": f"{time.time():.6f}",
    }
    if element["type"] == "button":
        return {**entry, "text": element["text"], "value": element.get("value", "")}
    return {**entry, **value(element, chosen, lambda _file: {})}


def state(blocks: list[Json], values: dict[str, Any], file: Callable[[str], Json]) -> Json:
    """Return `state.values`: every stateful element by block id and action id.

    `values` are what was chosen or typed, by action id; `file` returns the file object of an id.
    """
    states: Json = {}
    for block, element in elements_of(blocks):
        if element["type"] in ("button", "overflow"):
            continue
        name = str(element["action_id"])
        states.setdefault(str(block.get("block_id") or name), {})[name] = value(
            element, values.get(name), file
        )
    return states


def value(element: Json, chosen: Any, file: Callable[[str], Json]) -> Json:
    """Return the state of one element; None stands for untouched, so that the initial value counts."""
    kind = element["type"]
    if kind in ONE_OPTION:
        if chosen is None:
            chosen = element.get("initial_option", {}).get("value")
        selected = (option for option in _options(element) if option["value"] == chosen)
        return {"type": kind, "selected_option": next(selected, None)}
    if kind in SEVERAL_OPTIONS:
        if chosen is None:
            chosen = [option["value"] for option in element.get("initial_options", [])]
        selected_options = [option for option in _options(element) if option["value"] in chosen]
        return {"type": kind, "selected_options": selected_options}
    if kind == "file_input":
        return {"type": kind, "files": [file(id_) for id_ in chosen or []]}
    if kind in PLAIN_VALUES:
        initial = element.get(PLAIN_VALUES[kind].replace("selected", "initial"))
        return {"type": kind, PLAIN_VALUES[kind]: initial if chosen is None else chosen}
    text = element.get("initial_value") if chosen is None else chosen
    return {"type": kind, "value": text or None}


def _options(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]
