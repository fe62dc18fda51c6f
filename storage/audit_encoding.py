"""The encoding of audit events and the hash of a link: byte by byte the same on both databases.

The content of an event is its columns as PostgreSQL's COPY writes them (text, tab-separated, escaped; see
https://www.postgresql.org/docs/current/sql-copy.html, "Text Format"), so that a million events are verified
as they stream out, without being taken apart. A link is

    SHA-256( previous hash : position : SHA-256(content) )      all hexadecimal or decimal text

and the previous hash of the first event is 64 zeros, or the hash that a sealed file ends with.
"""

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
SPECIAL = re.compile(rb"[\\\x08\x0a-\x0d]")  # characters to be escaped, but for the tab


def storable(value: str) -> str:
    """Return a text as both databases can store it: NUL and halves of surrogate pairs become U+FFFD."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    try:
        value.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in value)
    return value


def content(values: Iterable[str | int | None]) -> bytes:
    """Return the bytes of an event: its values in the order of `COLUMNS`, as they are stored."""
    return "\t".join(r"\N" if value is None else str(value).translate(_TABLE) for value in values).encode()


def escape(value: bytes) -> bytes:
    """Return the bytes of one stored text as `content` writes it."""
    for plain, escaped in _ESCAPES.items():  # the backslash comes first
        value = value.replace(plain.encode(), escaped.encode())
    return value


def parse(event: bytes) -> dict[str, str | None]:
    """Return the values of an event's content by column; None where it was NULL. Raises `ValueError`."""
    parts = event.decode().split("\t")
    if len(parts) != len(COLUMNS):
        raise ValueError(f"an event has {len(COLUMNS)} columns, not {len(parts)}")
    return {
        name: None if part == r"\N" else _ESCAPED.sub(lambda match: _PLAIN[match[0]], part)
        for name, part in zip(COLUMNS, parts, strict=True)
    }


def digest(event: bytes) -> str:
    """Return the SHA-256 of an event's content, in hexadecimal."""
    return hashlib.sha256(event).hexdigest()


def link(previous: str, position: int, event_digest: str) -> str:
    """Return the hash of an event: over its content's digest, its position and the hash before it."""
    return hashlib.sha256(f"{previous}:{position}:{event_digest}".encode()).hexdigest()
