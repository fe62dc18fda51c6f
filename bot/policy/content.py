"""What a policy says, apart from what only the server writes: compared, and written as YAML."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import yaml

from bot.adapters.kube.writes import FIELD_MANAGER, without_server_fields

Object = dict[str, Any]

MOST_DIFFERENCES = 8
ORDER = ("apiVersion", "kind", "metadata", "spec")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyContent:
    """A policy as it was seen: its content, and which object in which version it was."""

    content: Object
    uid: str
    version: str


def content_of(obj: Mapping[str, Any] | None) -> PolicyContent | None:
    """An object as the server gave it; None where there is none."""
    if obj is None:
        return None
    metadata = obj["metadata"]
    return PolicyContent(
        content=content(obj), uid=metadata.get("uid", ""), version=metadata.get("resourceVersion", "")
    )


def content(obj: Mapping[str, Any]) -> Object:
    """An object without what only the server writes, and without empty labels and annotations."""
    plain = without_server_fields(obj)
    metadata = {key: value for key, value in plain["metadata"].items() if value not in ({}, None)}
    return {**plain, "metadata": metadata}


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Which fields differ, as paths with both values; the first few, and how many more."""
    found = list(_different(then, now, ""))
    more = len(found) - MOST_DIFFERENCES
    return (*found[:MOST_DIFFERENCES], *([f"…and {more} more"] if more > 0 else []))


def _different(then: Any, now: Any, path: str) -> Iterator[str]:
    if then == now:
        return
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in sorted({*then, *now}):
            yield from _different(then.get(key), now.get(key), f"{path}.{key}" if path else key)
        return
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (old, new) in enumerate(zip(then, now, strict=True)):
            yield from _different(old, new, f"{path}[{number}]")
        return
    yield f"{path}: {_short(then)} → {_short(now)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = (
        yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
        .strip()
        .removesuffix("...")
    )
    text = text.strip()
    return text if len(text) <= 120 else f"{text[:119]}…"


def last_writer(obj: Mapping[str, Any]) -> str:
    """Who wrote an object last, by its managedFields: `helm at 2026-11-24 12:00 UTC`; empty if it is not
    told.
    """
    entries = [entry for entry in obj.get("metadata", {}).get("managedFields") or [] if entry.get("time")]
    if not entries:
        return ""
    # times are whole seconds: of two in one second the one that is not ours is what people ask about
    newest = max(entries, key=lambda entry: (str(entry["time"]), entry.get("manager") != FIELD_MANAGER))
    at = datetime.fromisoformat(str(newest["time"]))
    return f"{newest.get('manager', 'somebody')} at {at:%Y-%m-%d %H:%M:%S} UTC"


def as_yaml(obj: Mapping[str, Any]) -> str:
    """A policy as people write it: without what only the server writes, in the usual order."""
    plain = content(obj)
    ordered = {key: plain[key] for key in ORDER if key in plain} | plain
    return yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=120)
