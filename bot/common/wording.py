"""Pieces of sentences: numbers with their units, where one is not many, and what others say, kept short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

LONGEST = 300  # characters of what somebody else says


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


def first_of(lines: Sequence[str], most: int) -> str:
    """The first of some lines, and how many more there are."""
    more = f"\nand {len(lines) - most} more" if len(lines) > most else ""
    return "\n".join(lines[:most]) + more


def one_line(text: str) -> str:
    """What somebody else says, in one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def reason(error: Exception) -> str:
    """What an error says, in one line; its name if it says nothing."""
    return one_line(str(error)) or type(error).__name__
