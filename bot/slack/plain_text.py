"""Messages as plain text for a terminal: the same views, without Slack's markup."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Any

_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<(?:[^|>]*)\|([^>]*)>")
_MENTION = re.compile(r"<[@#!]([^>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])")
WIDTH = 100


def text(mrkdwn: str) -> str:
    """mrkdwn as a person would read it aloud."""
    plain = _DATE.sub(r"\1", mrkdwn)
    plain = _LINK.sub(r"\1", plain)
    plain = _MENTION.sub(r"@\1", plain)
    plain = (
        _ITALIC.sub(r"\1", _BOLD.sub(r"\1", plain)).replace("```\n", "").replace("\n```", "").replace("`", "")
    )
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def lines(blocks: Iterable[dict[str, Any]], *, width: int = WIDTH) -> list[str]:
    """Blocks as lines of text."""
    shown: list[str] = []
    for block in blocks:
        shown += _block(block, width)
    return shown


def _block(block: dict[str, Any], width: int) -> list[str]:
    match block["type"]:
        case "section":
            found = _wrapped(text(block["text"]["text"]), width) if "text" in block else []
            return found + [
                f"{pair[0]}: {' '.join(pair[1:])}" for pair in map(_field, block.get("fields", []))
            ]
        case "header":
            return [text(block["text"]["text"]).upper()]
        case "context":
            return _wrapped(
                " · ".join(text(element["text"]) for element in block["elements"] if "text" in element), width
            )
        case "table":
            return _table(block["rows"], width)
        case "divider":
            return ["─" * 40]
        case "actions":
            return ["  ".join(f"[{_label(element)}]" for element in block["elements"])]
    return []


def _label(element: dict[str, Any]) -> str:
    if "button" in element:
        return str(element["button"].label)
    return text(str((element.get("text") or element.get("placeholder") or {}).get("text", "")))


def _field(field: dict[str, Any]) -> list[str]:
    return text(field["text"]).split("\n")


def _wrapped(plain: str, width: int) -> list[str]:
    return [
        part
        for line in plain.split("\n")
        for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]
    ]


def _table(rows: list[list[dict[str, Any]]], width: int) -> list[str]:
    cells = [[cell["text"] for cell in row] for row in rows]
    share = max(12, width // max(1, len(cells[0])))
    widths = [min(share * 2, max(len(row[column]) for row in cells)) for column in range(len(cells[0]))]
    shown = []
    for row in cells:
        columns = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
        for number in range(max(map(len, columns))):
            parts = [
                (column[number] if number < len(column) else "").ljust(size)
                for column, size in zip(columns, widths, strict=True)
            ]
            shown.append("  ".join(parts).rstrip())
    return shown
