"""Block Kit within Slack's limits: escaping, cutting, splitting, and the few blocks that the views use.

Pure. The limits are Slack's published ones, and where those are silent the measured ones: a message
over 50 blocks, over about 13,200 characters of block text or (for `chat.update`) over 4,000 characters
of `text` is refused as a whole, so whatever a view makes is brought under them here, once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.actions.action import Action
from bot.common.wording import count as count

Block = dict[str, Any]

BLOCKS_PER_MESSAGE = 50
CHARACTERS_PER_MESSAGE = 10_000  # of block text; refusals were seen from 11,341 on
SECTION_TEXT = 3_000
MESSAGE_TEXT = 4_000  # chat.update refuses more
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
BUTTONS_PER_ROW = 25
BUTTON_LABEL = 75
TABLE_ROWS = 100
TABLE_CELLS = 20
TABLE_CHARACTERS = 6_000

RUN = "xk8s.run"  # action_id of a button that runs its offer
DISMISS = "xk8s.dismiss"  # of one that takes the buttons of its own message away and does nothing else
FORM = "xk8s.form"  # action_id of a button that opens a form; also the form's callback_id


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confirm:
    """The question that a destructive button asks before it acts."""

    title: str
    text: str
    confirm: str
    deny: str = "Keep it"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Button:
    """A button that stands for an action; delivery replaces it by one with an opaque id."""

    label: str
    action: Action
    style: str | None = None  # "primary" or "danger"
    confirm: Confirm | None = None
    opens_form: bool = False
    dismisses: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """A file that goes into the thread: what is too long for a message."""

    name: str
    title: str
    content: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """One message: `text` for notifications and screen readers, `blocks` for the eye."""

    text: str
    blocks: tuple[Block, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendered:
    """An answer: the root message's one line (mrkdwn), then the messages and files of its thread."""

    headline: str
    messages: tuple[Message, ...] = ()
    files: tuple[File, ...] = ()


def escape(text: object) -> str:
    """Escape what Slack would take for markup: `&`, `<` and `>`, in that order."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """Shorten text to a limit, marking the cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def bold(text: object) -> str:
    """Bold mrkdwn; stars inside would end it, so they become lookalikes."""
    return f"*{escape(text).replace('*', '∗')}*"


def code(text: object) -> str:
    """Inline code; backticks inside would end it."""
    return f"`{escape(text).replace('`', 'ˋ')}`"


def person(user_id: str) -> str:
    """Mention a Slack user; a terminal's actor is written as it is."""
    return escape(user_id) if ":" in user_id or not user_id else f"<@{user_id}>"


def moment(at: datetime) -> str:
    """A time in the reader's own zone, with UTC for who cannot see it."""
    fallback = at.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def as_of(at: datetime) -> str:
    """How fresh something is, to the second, in the reader's own zone."""
    return f"as of <!date^{int(at.timestamp())}^{{time_secs}}|{at.strftime('%H:%M:%S UTC')}>"


def ago(seconds: float) -> str:
    """How long something lasted or is past, in the largest unit that says enough: `6 min`, `2 h`."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 129_600:
        return f"{seconds / 3_600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


def section(text: str) -> Block:
    """A paragraph of mrkdwn; cut at Slack's limit (split long text with `sections`)."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION_TEXT) or " "}}


def sections(text: str) -> list[Block]:
    """Text of any length as sections, split between lines where that is possible."""
    return [section(part) for part in split_text(text, SECTION_TEXT)]


def context(*parts: str) -> Block:
    """The small grey line: parts joined by a middle dot."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(" · ".join(parts), 2_000)}]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def header(text: str) -> Block:
    """A heading, plain text."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER_TEXT)}}


def fields(pairs: Iterable[tuple[str, str]]) -> list[Block]:
    """Name and value side by side, ten to a section (values are mrkdwn, escaped by the caller)."""
    cells = [{"type": "mrkdwn", "text": cut(f"{bold(name)}\n{value}", 2_000)} for name, value in pairs]
    return [{"type": "section", "fields": cells[i : i + 10]} for i in range(0, len(cells), 10)]


def buttons(*shown: Button) -> Block:
    """A row of buttons; destructive ones are put last."""
    row = sorted(shown, key=lambda button: button.style == "danger")
    return {"type": "actions", "elements": [{"button": button} for button in row[:BUTTONS_PER_ROW]]}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """A table of plain text; the caller keeps it within `table_fits`. Empty cells are dashes."""

    def cell(text: str) -> Block:
        return {"type": "raw_text", "text": cut(text, 300) or "–"}

    return {
        "type": "table",
        "column_settings": [{"is_wrapped": True} for _ in head],
        "rows": [[cell(text) for text in row] for row in (head, *rows)],
    }


def table_parts(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Block]:
    """Split rows into tables that Slack takes: one table a message, 100 rows, bounded text."""
    part: list[Sequence[str]] = []
    size = start = sum(map(len, head))
    for row in rows:
        length = sum(min(len(text), 300) for text in row)
        if part and (len(part) >= TABLE_ROWS - 1 or size + length > TABLE_CHARACTERS):
            yield table(head, part)
            part, size = [], start
        part.append(row)
        size += length
    if part:
        yield table(head, part)


def plain_line(mrkdwn: str) -> str:
    """A line for notifications: without the marks of mrkdwn."""
    return cut(mrkdwn.replace("*", "").replace("`", ""), MESSAGE_TEXT)


def fenced(text: str) -> str:
    """Preformatted text; a fence inside would end it."""
    return f"```\n{escape(text.replace('```', 'ˋˋˋ'))}\n```"


def split_text(text: str, limit: int) -> list[str]:
    """Cut text into parts of at most `limit` characters, between lines, else between words."""
    parts: list[str] = []
    rest = text
    while len(rest) > limit:
        at = rest.rfind("\n", 1, limit + 1)
        if at <= 0:
            at = rest.rfind(" ", 1, limit + 1)
        if at <= 0:
            at = limit
        parts.append(rest[:at])
        rest = rest[at:].lstrip("\n")
    if rest or not parts:
        parts.append(rest)
    return parts


def text_size(block: Block) -> int:
    """Count the characters of a block that Slack counts against a message."""
    total = 0
    stack: list[Any] = [block]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            total += len(item["text"]) if isinstance(item.get("text"), str) else 0
            stack.extend(value for value in item.values() if isinstance(value, (dict, list)))
        elif isinstance(item, list):
            stack.extend(item)
    return total


def messages(text: str, blocks: Iterable[Block]) -> tuple[Message, ...]:
    """Spread blocks over as many messages as Slack's limits need, in order; tables one to a message."""
    packed: list[list[Block]] = [[]]
    size, has_table = 0, False
    for block in blocks:
        length = text_size(block)
        is_table = block["type"] == "table"
        full = len(packed[-1]) >= BLOCKS_PER_MESSAGE or size + length > CHARACTERS_PER_MESSAGE
        if packed[-1] and (full or (is_table and has_table)):
            packed.append([])
            size, has_table = 0, False
        packed[-1].append(block)
        size += length
        has_table = has_table or is_table
    total = len(packed)
    return tuple(
        Message(text=cut(text if total == 1 else f"{text} ({n}/{total})", MESSAGE_TEXT), blocks=tuple(part))
        for n, part in enumerate(packed, 1)
    )
