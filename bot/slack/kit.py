"""Block Kit within Slack's limits: the few blocks that the views use, buttons, and messages packed from them.

Pure. The limits are those of Slack's Block Kit reference; where it is silent they were measured: Slack
refuses a whole message that has more than 50 blocks, about 13,200 characters of block text or, for
`chat.update`, more than 4,000 characters of `text`. This module keeps to them once, so that no view has to.

Blocks are plain dictionaries. `slack_sdk.models` checks limits too, but it raises where a view needs a
shorter text, and it renders other JSON (`emoji` in every plain text); the tests use it as a second opinion.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.actions.action import Action
from bot.common.wording import count as count
from bot.slack.mrkdwn import MESSAGE_TEXT as MESSAGE_TEXT
from bot.slack.mrkdwn import as_of as as_of
from bot.slack.mrkdwn import bold as bold
from bot.slack.mrkdwn import code as code
from bot.slack.mrkdwn import cut as cut
from bot.slack.mrkdwn import duration as duration
from bot.slack.mrkdwn import escape as escape
from bot.slack.mrkdwn import fenced as fenced
from bot.slack.mrkdwn import moment as moment
from bot.slack.mrkdwn import person as person
from bot.slack.mrkdwn import plain_line as plain_line
from bot.slack.mrkdwn import split_text as split_text

Block = dict[str, Any]

BLOCKS_PER_MESSAGE = 50
CHARACTERS_PER_MESSAGE = 10_000  # of block text; the shortest message that Slack refused had 11,341
SECTION_TEXT = 3_000
FIELD_TEXT = 2_000
HEADER_TEXT = 150
BUTTONS_PER_ROW = 25
BUTTON_LABEL = 75
TABLE_ROWS = 100
TABLE_CHARACTERS = 6_000
CELL_TEXT = 300

RUN = "xk8s.run"  # action_id of a button that runs its action
DISMISS = "xk8s.dismiss"  # action_id of a button that only removes the buttons of its own message
FORM = "xk8s.form"  # action_id of a button that opens a form; also the callback_id of the form


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confirm:
    """The confirmation dialog that Slack shows before it sends the click of a destructive button."""

    title: str
    text: str
    confirm: str
    deny: str = "Keep it"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Button:
    """A button and the action that it runs. Delivery stores the action and sends its opaque id instead."""

    label: str
    action: Action
    style: str | None = None  # "primary" or "danger"
    confirm: Confirm | None = None
    opens_form: bool = False
    dismisses: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """A file for the thread: what is too long for a message."""

    name: str
    title: str
    content: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """One message: `text` for notifications and screen readers, `blocks` for everybody else."""

    text: str
    blocks: tuple[Block, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendered:
    """An answer: the one line of the root message (mrkdwn), then the messages and files of its thread."""

    headline: str
    messages: tuple[Message, ...] = ()
    files: tuple[File, ...] = ()


def section(text: str) -> Block:
    """A paragraph of mrkdwn, cut at Slack's limit; `sections` splits a longer text."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION_TEXT) or " "}}


def sections(text: str) -> list[Block]:
    """Mrkdwn of any length as sections, split between lines where that is possible."""
    return [section(part) for part in split_text(text, SECTION_TEXT)]


def context(*parts: str) -> Block:
    """A line of small grey text: the parts joined by a middle dot."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(" · ".join(parts), FIELD_TEXT)}]}


def divider() -> Block:
    """A horizontal line between blocks."""
    return {"type": "divider"}


def header(text: str) -> Block:
    """A heading in plain text, cut at Slack's limit."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER_TEXT)}}


def fields(pairs: Iterable[tuple[str, str]]) -> list[Block]:
    """Names and values side by side, ten to a section. A value is mrkdwn, escaped by the caller."""
    cells = [{"type": "mrkdwn", "text": cut(f"{bold(name)}\n{value}", FIELD_TEXT)} for name, value in pairs]
    return [{"type": "section", "fields": cells[i : i + 10]} for i in range(0, len(cells), 10)]


def buttons(*row: Button) -> Block:
    """A row of buttons; destructive ones come last."""
    ordered = sorted(row, key=lambda button: button.style == "danger")
    return {"type": "actions", "elements": [{"button": button} for button in ordered[:BUTTONS_PER_ROW]]}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """A table of plain text, as small as `table_parts` makes it.

    Empty cells, which Slack refuses, are dashes.
    """

    def cell(text: str) -> Block:
        return {"type": "raw_text", "text": cut(text, CELL_TEXT) or "–"}

    return {
        "type": "table",
        "column_settings": [{"is_wrapped": True} for _ in head],
        "rows": [[cell(text) for text in row] for row in (head, *rows)],
    }


def table_parts(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Block]:
    """Split rows into tables of at most 100 rows and a bounded text; `messages` puts each in a message of its
    own.
    """
    part: list[Sequence[str]] = []
    size = head_size = sum(map(len, head))
    for row in rows:
        row_size = sum(min(len(text), CELL_TEXT) for text in row)
        if part and (len(part) >= TABLE_ROWS - 1 or size + row_size > TABLE_CHARACTERS):
            yield table(head, part)
            part, size = [], head_size
        part.append(row)
        size += row_size
    if part:
        yield table(head, part)


def text_size(block: Block) -> int:
    """Count the characters of a block that Slack counts against the limit of a message."""
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
    """Spread blocks over as many messages as Slack's limits need, in order, with at most one table in each.

    `text` is the `text` of every message; if there are several, it is numbered.
    """
    packed: list[list[Block]] = [[]]
    size, has_table = 0, False
    for block in blocks:
        block_size = text_size(block)
        is_table = block["type"] == "table"
        full = len(packed[-1]) >= BLOCKS_PER_MESSAGE or size + block_size > CHARACTERS_PER_MESSAGE
        if packed[-1] and (full or (is_table and has_table)):
            packed.append([])
            size, has_table = 0, False
        packed[-1].append(block)
        size += block_size
        has_table = has_table or is_table
    total = len(packed)
    return tuple(
        Message(text=cut(text if total == 1 else f"{text} ({n}/{total})", MESSAGE_TEXT), blocks=tuple(part))
        for n, part in enumerate(packed, 1)
    )
