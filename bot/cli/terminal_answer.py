"""How a terminal answers: progress on standard error, the end on standard output, as text or as JSON."""

import dataclasses
import enum
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.common.redaction import Redactor
from bot.requests.answer import Conclusion
from bot.requests.outcomes import redacted
from bot.slack import kit, plain_text
from bot.slack.views import answers as views

CLEAR_LINE = "\r\033[K"


class TerminalAnswer:
    """The `Answer` of a terminal; `save` is a folder for the files of an answer."""

    def __init__(self, *, as_json: bool, redactor: Redactor, save: Path | None = None) -> None:
        self._as_json = as_json
        self._redactor = redactor
        self._save = save
        self._last_line = ""
        self.waits = False  # for a workflow: then its states are worth a line each, also where nobody types

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """Do nothing: a terminal is a place already."""

    def report_progress(self, request: IncomingRequest, state: object) -> None:
        """Show a state in one line, overwritten where that is possible."""
        message = views.show_state(state)
        text = self._redactor.hide(message.text)
        if sys.stderr.isatty():
            first = next(iter(plain_text.lines(message.blocks)), text)
            line = self._redactor.hide(first) if self.waits else text
            if line != self._last_line:
                click.echo(f"{CLEAR_LINE}{line}", nl=False, err=True)
            self._last_line = line
        elif self.waits and text != self._last_line:
            click.echo(text, err=True)
            self._last_line = text

    def report_state(self, request: IncomingRequest, name: str, state: object) -> None:
        """Show a new state in lines that stay."""
        clear = CLEAR_LINE if sys.stderr.isatty() else ""
        for line in plain_text.lines(views.show_state(state).blocks):
            click.echo(f"{clear}{line}", err=True)
        self._last_line = ""

    def finish(self, conclusion: Conclusion) -> None:
        """Print the end, and save its files."""
        conclusion = redacted(conclusion, self._redactor)
        if sys.stderr.isatty() and self._last_line:
            click.echo(CLEAR_LINE, nl=False, err=True)
        if self._as_json:
            data = self._redactor.hide_in(json.loads(json.dumps(_json(conclusion), default=_plain)))
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
            return
        rendered = views.show_conclusion(conclusion)
        print_rendered(rendered, self._redactor)
        self._save_files(rendered.files)

    def reply_privately(self, conclusion: Conclusion) -> None:
        """Print the end: in a terminal everything is private."""
        self.finish(conclusion)

    def _save_files(self, files: Sequence[kit.File]) -> None:
        """Save the files where that was asked for, else say that there are some."""
        if self._save is None:
            if files:
                names = ", ".join(file.name for file in files)
                click.echo(f"files: {names} (to save them: --save FOLDER)", err=True)
            return
        self._save.mkdir(parents=True, exist_ok=True)
        for file in files:
            (self._save / Path(file.name).name).write_bytes(file.content)
            click.echo(f"saved {self._save / Path(file.name).name}", err=True)


def print_rendered(rendered: kit.Rendered, redactor: Redactor) -> None:
    """Print what a view has made as text, without its buttons, which cannot be pressed in a terminal."""
    for message in views.with_headline(rendered):
        for line in plain_text.lines(block for block in message.blocks if block["type"] != "actions"):
            click.echo(redactor.hide(line))


def _json(conclusion: Conclusion) -> dict[str, Any]:
    problem = conclusion.problem
    return {
        "outcome": conclusion.outcome,
        "reference": conclusion.request.reference,
        "seconds": round(conclusion.seconds, 3),
        "problem": {"what": problem.what, "why": problem.why, "fix": problem.fix} if problem else None,
        "result": _data(conclusion.result),
    }


def _data(value: object) -> Any:
    if type(value).__str__ is not object.__str__ and dataclasses.is_dataclass(value):
        return str(value)  # what has one way to be written: a workload, a set of ports
    if isinstance(value, Mapping):
        return {_key(key): _data(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: _data(item) for name, item in fields.items() if not callable(item)}
    if isinstance(value, (tuple, list)):
        return [_data(item) for item in value]
    return value.encode() if isinstance(value, Action) else value


def _key(key: object) -> str:
    return " → ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else str(value)
