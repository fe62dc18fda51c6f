"""`xk8s run "…"`: the same words, rights and audit as in Slack; only the two ends differ."""

from __future__ import annotations

import dataclasses
import enum
import getpass
import json
import socket
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.access.directory import PersonFacts
from bot.actions.action import Action
from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import Entry, IncomingRequest, OperationId, Person, Place
from bot.actions.service import Outcome
from bot.app import logs, wiring
from bot.app.configuration import load
from bot.cli.terminal_work import TerminalWork
from bot.clusters.lifecycle.results import ClusterCreated
from bot.common.problems import Refusal
from bot.common.redaction import Redactor
from bot.drivers.verification.report import Verdict, VerificationSummary
from bot.policy.yaml_document import LARGEST, too_large
from bot.requests.answer import Conclusion
from bot.requests.long_running import LongRunningOperations
from bot.requests.outcomes import shown
from bot.requests.ports import Offered
from bot.settings.holder import SettingsHolder
from bot.slack import kit, plain_text
from bot.slack.views import answers as views

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class NobodyElse(Refusal):
    """A terminal knows no Slack users."""


class _NoDirectory:
    """The directory of a terminal: there is nobody in it, so only roles for terminals count."""

    def person(self, person: str) -> PersonFacts:
        raise NobodyElse(f"{person} is not known in a terminal")

    def group(self, group: str) -> frozenset[str]:
        raise NobodyElse(f"the group {group} is not known in a terminal")

    def is_member(self, person: str, channel: str) -> bool:
        raise NobodyElse(f"{person} in {channel} is not known in a terminal")


class _NoOffers:
    """There are no buttons in a terminal."""

    def resolve(self, request: IncomingRequest) -> Offered:
        raise NobodyElse("There are no buttons in a terminal")

    def take(self, request: IncomingRequest) -> bool:
        raise NobodyElse("There are no buttons in a terminal")

    def give_back(self, request: IncomingRequest) -> None:
        """Nothing was pressed."""


class TerminalAnswer:
    """The `Answer` of a terminal: progress on standard error, the end on standard output."""

    def __init__(self, *, as_json: bool, redactor: Redactor, save: Path | None = None) -> None:
        self._as_json = as_json
        self._redactor = redactor
        self._save = save
        self._shown = ""
        self.waits = False  # for durable work: then its stages are worth a line each, also where nobody types

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """A terminal needs no place made."""

    def progress(self, request: IncomingRequest, state: object) -> None:
        """One line, overwritten where that is possible."""
        message = views.progress(state)
        text = self._redactor.hide(message.text)
        if sys.stderr.isatty():
            line = (
                self._redactor.hide(next(iter(plain_text.lines(message.blocks)), text))
                if self.waits
                else text
            )
            if line != self._shown:
                click.echo(f"\r\033[K{line}", nl=False, err=True)
            self._shown = line
        elif self.waits and text != self._shown:
            click.echo(text, err=True)
            self._shown = text

    def changed(self, request: IncomingRequest, name: str, state: object) -> None:
        """A line that stays."""
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        for line in plain_text.lines(views.progress(state).blocks):
            click.echo(f"{clear}{line}", err=True)
        self._shown = ""

    def finish(self, conclusion: Conclusion) -> None:
        """Print the end."""
        conclusion = shown(conclusion, self._redactor)
        if sys.stderr.isatty() and self._shown:
            click.echo("\r\033[K", nl=False, err=True)
        if self._as_json:
            data = self._redactor.hide_in(json.loads(json.dumps(_json(conclusion), default=_plain)))
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
            return
        rendered = views.conclusion(conclusion)
        for message in views.with_headline(rendered):
            for line in plain_text.lines(block for block in message.blocks if block["type"] != "actions"):
                click.echo(self._redactor.hide(line))
        self._keep(rendered.files)

    def _keep(self, files: Sequence[kit.File]) -> None:
        """Save the files of an answer where that was asked for, else say that there are some."""
        if self._save is None:
            if files:
                names = ", ".join(file.name for file in files)
                click.echo(f"files: {names} (to save them: --save FOLDER)", err=True)
            return
        self._save.mkdir(parents=True, exist_ok=True)
        for file in files:
            (self._save / Path(file.name).name).write_bytes(file.content)
            click.echo(f"saved {self._save / Path(file.name).name}", err=True)

    def reply_privately(self, conclusion: Conclusion) -> None:
        """In a terminal everything is private."""
        self.finish(conclusion)


class _File:
    """The file of `--file`, for words that want YAML."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """The action with the file's text. Raises `Refusal` for a file that nothing is to be done with."""
        if self._path is None:
            return action
        if not isinstance(action, (PolicyPreview, PolicyApply)) or not action.needs_manifest:
            raise Refusal(f"`{action.words()}` takes no file", fix="Add `--yaml`, or leave `--file` out.")
        if self._path.stat().st_size > LARGEST:
            raise too_large(self._path.stat().st_size)
        try:
            return action.model_copy(update={"manifest": self._path.read_text("utf-8-sig")})
        except UnicodeDecodeError as error:
            raise Refusal(
                f"{self._path.name} is no text", why=error.reason, fix="Give a YAML file."
            ) from None


def run(
    words: str,
    *,
    project: str | None,
    as_json: bool,
    redactor: Redactor,
    file: Path | None = None,
    save: Path | None = None,
) -> int:
    """Do it and return the exit code: 0 done and well, 1 failed or unhealthy, 2 refused or not understood."""
    logs.configure(level=30, redactor=redactor)
    holder = SettingsHolder(load(), read=load)
    database = wiring.open_database(holder)
    try:
        parts = wiring.build(holder, database, directory=_NoDirectory(), team=lambda: "", redactor=redactor)
        request = _request(f"{words} --project {project}" if project else words, now=wiring.utc_now())
        return _handled(
            parts, request, TerminalAnswer(as_json=as_json, redactor=redactor, save=save), _File(file)
        )
    finally:
        database.dispose()


def _handled(parts: wiring.Core, request: IncomingRequest, answer: TerminalAnswer, file: _File) -> int:
    work = TerminalWork(parts, request, answer)
    continuing = LongRunningOperations(
        parts.continuations, audit=parts.audit, work=work, decode=parts.ends.decode, now=wiring.utc_now
    )
    handler = dataclasses.replace(parts, continuing=continuing).handler(_NoOffers(), file)
    try:
        ended = handler.handle(request, answer)
        if ended.outcome is Outcome.OPEN:
            answer.waits = True
            work.wait()
            ended = handler.handle(request, answer, attempt=2)
    except KeyboardInterrupt:
        replicas = work.goes_on_in()
        where = f"the replica {replicas[0]}" if replicas else "`xk8s serve`, as soon as it runs"
        click.echo(
            f"\nThis goes on in {where} (ref {request.reference}): `xk8s run audit` tells its end.", err=True
        )
        return INTERRUPTED
    finally:
        work.stop()
    return _exit_code(ended)


def _request(words: str, *, now: datetime) -> IncomingRequest:
    operation = OperationId(uuid.uuid4().hex)
    user = getpass.getuser()
    actor = Person(id=f"terminal:{user}@{socket.gethostname()}", name=user)
    return IncomingRequest(
        key=f"terminal:{operation}",
        operation=operation,
        entry=Entry.TERMINAL,
        person=actor,
        place=Place(),
        text=words,
        received=now,
    )


def _exit_code(ended: Conclusion) -> int:
    if ended.outcome is Outcome.REFUSED:
        return BAD_INPUT
    if ended.outcome not in (Outcome.SUCCEEDED, Outcome.ASKED):
        return FAILED
    if isinstance(ended.result, VerificationSummary):
        well = not ended.result.missing and all(
            report.verdict is Verdict.HEALTHY for report in ended.result.reports
        )
        return OK if well else FAILED
    if isinstance(ended.result, ClusterCreated):
        return OK if ended.result.healthy else FAILED
    return OK


def _json(ended: Conclusion) -> dict[str, Any]:
    problem = ended.problem
    return {
        "outcome": ended.outcome,
        "reference": ended.request.reference,
        "seconds": round(ended.seconds, 3),
        "problem": {"what": problem.what, "why": problem.why, "fix": problem.fix} if problem else None,
        "result": _data(ended.result),
    }


def _data(result: object) -> Any:
    if type(result).__str__ is not object.__str__ and dataclasses.is_dataclass(result):
        return str(result)  # what has one way to be written: a workload, a set of ports
    if isinstance(result, Mapping):
        return {_key(key): _data(value) for key, value in result.items()}
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        shown = (field for field in dataclasses.fields(result) if not callable(getattr(result, field.name)))
        return {field.name: _data(getattr(result, field.name)) for field in shown}
    if isinstance(result, (tuple, list)):
        return [_data(each) for each in result]
    if isinstance(result, Action):
        return result.encode()
    return result


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
