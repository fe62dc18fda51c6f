"""What has changed between the proposal that was approved and the one that would be done now, in words."""

from typing import Any

MOST_DIFFERENCES = 8  # that are named one by one


def differences(before: Any, after: Any) -> list[str]:
    """Return what differs between two values of JSON, each as `path: old → new`.

    Long values are cut; more than `MOST_DIFFERENCES` are counted.
    """
    lines = _compared(before, after, "")
    more = len(lines) - MOST_DIFFERENCES
    return lines[:MOST_DIFFERENCES] + ([f"and {more} more"] if more > 0 else [])


def _compared(before: Any, after: Any, path: str) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key in sorted({*before, *after})
            for line in _compared(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
        ]
    if before == after:
        return []
    where = path.removeprefix("bound.") or "it"
    if isinstance(before, list) and isinstance(after, list):
        removed, added = [x for x in before if x not in after], [x for x in after if x not in before]
        parts = [f"{len(part)} {word}" for part, word in ((added, "more"), (removed, "fewer")) if part]
        return [f"{where}: {', '.join(parts) or 'another order'}"]
    return [f"{where}: {_short(before)} → {_short(after)}"]


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
