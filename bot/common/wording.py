"""Pieces of sentences: numbers with units, singular and plural, and the texts of others kept short.

`humanize` does not serve here: it says "1 hour and 30 minutes" where people set `1 h 30 min`, and counts no
nouns.
"""

from collections.abc import Sequence
from datetime import timedelta

LONGEST = 300  # characters of a foreign text


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 node`, `3 nodes`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def exact_duration(length: timedelta) -> str:
    """Return a length of time that somebody has set, exactly: `24 h`, `30 min`, `1 h 30 min`, `1 s`."""
    hours, remainder = divmod(int(length.total_seconds()), 3_600)
    minutes, seconds = divmod(remainder, 60)
    parts = [
        f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if number
    ]
    return " ".join(parts) or f"{length.total_seconds():.0f} s"


def first_lines(lines: Sequence[str], most: int) -> str:
    """Return the first `most` lines, and how many more there are."""
    suffix = f"\nand {len(lines) - most} more" if len(lines) > most else ""
    return "\n".join(lines[:most]) + suffix


def first_names(names: Sequence[str], most: int) -> str:
    """Return the first `most` names with commas between them, and how many more there are."""
    suffix = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + suffix


def one_line(text: str) -> str:
    """Return a foreign text as one line of at most `LONGEST` characters."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def reason(error: Exception) -> str:
    """Return the message of an error as one line, or the name of its class if it has none."""
    return one_line(str(error)) or type(error).__name__
