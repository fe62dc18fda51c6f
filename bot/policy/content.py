"""What a policy says, apart from what only the server writes: compared, and written as YAML."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import yaml

from bot.adapters.kube.writes import FIELD_MANAGER, without_server_fields
from bot.policy.errors import first_lines

Object = dict[str, Any]

MOST_DIFFERENCES = 8
KEY_ORDER = ("apiVersion", "kind", "metadata", "spec")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyContent:
    """A policy as it was seen: its content, and the uid and resourceVersion of the object."""

    content: Object
    uid: str
    version: str


def read_content(obj: Mapping[str, Any] | None) -> PolicyContent | None:
    """Return the content of an object as the server gave it; None where there is no object."""
    if obj is None:
        return None
    metadata = obj["metadata"]
    return PolicyContent(
        content=strip_server_fields(obj),
        uid=metadata.get("uid", ""),
        version=metadata.get("resourceVersion", ""),
    )


def strip_server_fields(obj: Mapping[str, Any]) -> Object:
    """Return an object without what only the server writes, and without empty labels and annotations."""
    plain = without_server_fields(obj)
    metadata = {key: value for key, value in plain["metadata"].items() if value not in ({}, None)}
    return {**plain, "metadata": metadata}


def describe_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which fields differ, as paths with both values: the first few, and how many more there are."""
    return tuple(first_lines(list(_differences(before, after, "")), MOST_DIFFERENCES))


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
        return
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, f"{path}[{index}]")
        return
    yield f"{path}: {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    text = text.strip().removesuffix("...").strip()
    return text if len(text) <= 120 else f"{text[:119]}…"


def describe_last_writer(obj: Mapping[str, Any]) -> str:
    """Return who wrote an object last, by its managedFields: `helm at 2026-11-24 12:00:00 UTC`.

    Empty if the object has no managedFields with a time.
    """
    entries = [entry for entry in obj.get("metadata", {}).get("managedFields") or [] if entry.get("time")]
    if not entries:
        return ""
    # times are whole seconds: of two in one second the one that is not ours is what people ask about
    newest = max(entries, key=lambda entry: (str(entry["time"]), entry.get("manager") != FIELD_MANAGER))
    at = datetime.fromisoformat(str(newest["time"]))
    return f"{newest.get('manager', 'somebody')} at {at:%Y-%m-%d %H:%M:%S} UTC"


def to_yaml(obj: Mapping[str, Any]) -> str:
    """Write a policy as people write it: without what only the server writes, keys in the usual order."""
    plain = strip_server_fields(obj)
    ordered = {key: plain[key] for key in KEY_ORDER if key in plain} | plain
    return yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=120)
