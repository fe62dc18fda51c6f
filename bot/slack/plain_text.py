"""Messages as plain text for a terminal: the same views, without Slack's markup."""

import re
import textwrap
from collections.abc import Iterable
from typing import Any

WIDTH = 100  # characters of a line
_REPLACEMENTS = (  # of mrkdwn, in this order; a date and a link are replaced by their text
    (re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>"), r"\1"),
    (re.compile(r"<(?:[^|>]*)\|([^>]*)>"), r"\1"),
    (re.compile(r"<[@#!]([^>]*)>"), r"@\1"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])"), r"\1"),
    (re.compile(r"```\n|\n```|`"), ""),
    (re.compile("&lt;"), "<"),
    (re.compile("&gt;"), ">"),
    (re.compile("&amp;"), "&"),
)


def text(mrkdwn: str) -> str:
    """Return mrkdwn as plain text: without emphasis and code marks, mentions and dates spelled out."""
    for pattern, replacement in _REPLACEMENTS:
        mrkdwn = pattern.sub(replacement, mrkdwn)
    return mrkdwn


def lines(blocks: Iterable[dict[str, Any]]) -> list[str]:
    """Return blocks as lines of text of at most `WIDTH` characters, words and tables permitting."""
    return [line for block in blocks for line in _block(block)]


def _block(block: dict[str, Any]) -> list[str]:
    match block["type"]:
        case "section":
            paragraph = _wrap(text(block["text"]["text"])) if "text" in block else []
            return paragraph + [_field(field) for field in block.get("fields", [])]
        case "header":
            return [text(block["text"]["text"]).upper()]
        case "context":
            parts = (text(element["text"]) for element in block["elements"] if "text" in element)
            return _wrap(" · ".join(parts))
        case "table":
            return _table(block["rows"])
        case "divider":
            return ["─" * 40]
        case "actions":
            return ["  ".join(f"[{_label(element)}]" for element in block["elements"])]
    return []


def _label(element: dict[str, Any]) -> str:
    if "button" in element:
        return str(element["button"].label)
    return text(str((element.get("text") or element.get("placeholder") or {}).get("text", "")))


def _field(field: dict[str, Any]) -> str:
    name, *values = text(field["text"]).split("\n")
    return f"{name}: {' '.join(values)}"


def _wrap(plain: str) -> list[str]:
    paragraphs = (textwrap.wrap(line, WIDTH, subsequent_indent="  ") for line in plain.split("\n"))
    return [line for paragraph in paragraphs for line in paragraph or [""]]


def _table(rows: list[list[dict[str, Any]]]) -> list[str]:
    texts = [[cell["text"] for cell in row] for row in rows]
    share = max(12, WIDTH // max(1, len(texts[0])))
    widths = [min(share * 2, max(map(len, column))) for column in zip(*texts, strict=True)]
    return [line for row in texts for line in _table_row(row, widths)]


def _table_row(row: list[str], widths: list[int]) -> list[str]:
    cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    columns = [
        [line.ljust(size) for line in cell + [""] * (height - len(cell))]
        for cell, size in zip(cells, widths, strict=True)
    ]
    return ["  ".join(parts).rstrip() for parts in zip(*columns, strict=True)]
