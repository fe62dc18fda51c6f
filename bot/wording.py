"""Numbers in sentences: every one has its unit, and one is not many."""

from __future__ import annotations

from datetime import timedelta


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 node`, `3 nodes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def lasting(length: timedelta) -> str:
    """A length that somebody has set, exactly: `24 h`, `30 min`, `1 h 30 min`, `1 s`."""
    seconds = int(length.total_seconds())
    hours, rest = divmod(seconds, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (left, "s")) if number]
    return " ".join(parts) or f"{length.total_seconds():.0f} s"
