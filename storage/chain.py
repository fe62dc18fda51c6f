"""The chain of the audit log: what is hashed, byte by byte, the same at both ends and on both databases.

The content of an event is its columns as PostgreSQL's COPY writes them (text, tab-separated, escaped), so
that a million events are verified as they stream out, without being taken apart. A link is

    SHA-256( previous hash : position : SHA-256(content) )      all hexadecimal or decimal text

and the first event's previous hash is 64 zeros, or what a sealed file ends with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

GENESIS = "0" * 64
COLUMNS = (
    "operation",
    "phase",
    "reference",
    "at",
    "actor",
    "actor_name",
    "team",
    "entry",
    "channel",
    "thread",
    "project",
    "action",
    "arguments",
    "target",
    "outcome",
    "detail",
    "duration_ms",
)
_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_TABLE = str.maketrans(_ESCAPES)
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}
_ESCAPED = re.compile("|".join(map(re.escape, _PLAIN)))
SPECIAL = re.compile(rb"[\\\x08\x0a-\x0d]")  # what needs the slow way; a tab is counted instead


def storable(value: str) -> str:
    """A text as both databases can keep it: NUL and halves of surrogate pairs become U+FFFD."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    try:
        value.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in value)
    return value


def content(values: Iterable[str | int | None]) -> bytes:
    """The bytes of an event: its values in the order of `COLUMNS`, as they are stored."""
    return "\t".join(r"\N" if value is None else str(value).translate(_TABLE) for value in values).encode()


def escape(value: bytes) -> bytes:
    """One stored text as `content` writes it, from its bytes."""
    for plain, escaped in _ESCAPES.items():  # the backslash comes first
        value = value.replace(plain.encode(), escaped.encode())
    return value


def parse(event: bytes) -> dict[str, str | None]:
    """The values of an event's content by column; None where it was NULL. Raises `ValueError`."""
    parts = event.decode().split("\t")
    if len(parts) != len(COLUMNS):
        raise ValueError(f"an event has {len(COLUMNS)} columns, not {len(parts)}")
    return {
        name: None if part == r"\N" else _ESCAPED.sub(lambda found: _PLAIN[found[0]], part)
        for name, part in zip(COLUMNS, parts, strict=True)
    }


def digest(event: bytes) -> str:
    """SHA-256 of an event's content."""
    return hashlib.sha256(event).hexdigest()


def link(previous: str, position: int, event_digest: str) -> str:
    """The hash of an event: over its content's digest, its position and the event before it."""
    return hashlib.sha256(f"{previous}:{position}:{event_digest}".encode()).hexdigest()
