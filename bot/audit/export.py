"""Audit events as lines for other systems: JSON lines, CSV, or the Common Event Format of SIEMs."""

import csv
import dataclasses
import enum
import io
import json
from collections.abc import Callable, Iterable, Iterator

from bot import __version__
from bot.common.canonical_json import canonical
from storage.audit_encoding import COLUMNS
from storage.audit_events import AuditEvent
from storage.models import stamp

FIELDS = ("position", *COLUMNS)
_END = "\r\n"  # of a CSV row; a cell that contains it is quoted, and the last one is the caller's
_SEVERITY = {"succeeded": 3, "failed": 5, "refused": 6, "unknown": 7, "": 2}


class ExportFormat(enum.StrEnum):
    """The formats in which events are written."""

    JSONL = "jsonl"
    CSV = "csv"
    CEF = "cef"


def lines(events: Iterable[AuditEvent], form: ExportFormat) -> Iterator[str]:
    """Yield one line per event (CSV: a heading first), as they come; nothing is collected."""
    if form is ExportFormat.CSV:
        yield _csv(FIELDS)
    write: Callable[[AuditEvent], str] = {
        ExportFormat.JSONL: _json,
        ExportFormat.CSV: _row,
        ExportFormat.CEF: _cef,
    }[form]
    for event in events:
        yield write(event)


def _json(event: AuditEvent) -> str:
    return json.dumps(dataclasses.asdict(event) | {"at": stamp(event.at)}, ensure_ascii=False)


def _row(event: AuditEvent) -> str:
    values = dataclasses.asdict(event) | {"at": stamp(event.at), "arguments": canonical(event.arguments)}
    return _csv([_without_formula(values[name]) for name in FIELDS])


def _without_formula(value: object) -> object:
    """Return the value of a cell; what a spreadsheet would run as a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _csv(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator=_END).writerow(["" if value is None else value for value in values])
    return line.getvalue().removesuffix(_END)


def _cef(event: AuditEvent) -> str:
    name = f"{event.action} {event.outcome or event.phase}"
    head = "|".join(
        [
            "CEF:0",
            "xk8s",
            "xk8s",
            __version__,
            _head(event.action),
            _head(name),
            str(_SEVERITY.get(event.outcome, 5)),
        ]
    )
    extension = {
        "rt": str(int(event.at.timestamp() * 1000)),
        "suser": event.actor_name or event.actor,
        "suid": event.actor,
        "act": event.action,
        "outcome": event.outcome,
        "externalId": event.operation,
        "msg": event.detail,
        "cs1Label": "project",
        "cs1": event.project,
        "cs2Label": "target",
        "cs2": event.target,
        "cs3Label": "arguments",
        "cs3": canonical(event.arguments),
        "cs4Label": "channel",
        "cs4": event.channel,
        "cs5Label": "phase",
        "cs5": event.phase,
        "cn1Label": "position",
        "cn1": str(event.position),
    }
    return f"{head}|{' '.join(f'{key}={_value(value)}' for key, value in extension.items() if value)}"


def _head(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def _value(text: str) -> str:
    return (
        text.replace("\\", "\\\\")
        .replace("=", "\\=")
        .replace("\r\n", "\\n")
        .replace("\n", "\\n")
        .replace("\r", "\\n")
    )
