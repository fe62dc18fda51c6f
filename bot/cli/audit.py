"""`xk8s audit verify | export | seal`: the log for those who may read its database, without Slack.

Whoever may read the database sees all of it, so no role is asked for; sealing writes its own event.
"""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import pathlib
import socket
import sys
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import click

from bot.actions import values
from bot.actions.request import Entry
from bot.actions.service import Outcome
from bot.app import logs, wiring
from bot.app.configuration import load
from bot.audit import seals
from bot.audit.chain import ChainReport
from bot.audit.export import ExportFormat, lines
from bot.audit.log import AuditLog, AuditSubject, AuditUnavailable
from bot.audit.service import AuditVerified, day_to_its_end
from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail, Posted, pasted_anchor
from bot.cli.audit_commands import FROM_SLACK
from bot.common.problems import Problem, Refusal
from bot.common.redaction import Redactor
from bot.requests.outcomes import detail
from bot.settings import Settings
from bot.settings.holder import SettingsHolder
from bot.slack import plain_text
from bot.slack.audit_anchors import SlackAnchors
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.views import answers, catalog
from storage.audit import AuditEvent, AuditFilter, AuditRepository
from storage.audit_chain import AuditChain, Seal
from storage.database import Database, DatabaseError

OK, TAMPERED = 0, 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Parts:
    settings: Settings
    database: Database
    keyring: Keyring


@contextlib.contextmanager
def _opened(redactor: Redactor) -> Iterator[_Parts]:
    settings = _settings(redactor)
    database = wiring.open_database(SettingsHolder(settings, read=load))
    try:
        yield _Parts(settings=settings, database=database, keyring=Keyring(settings.audit_key))
    finally:
        database.dispose()


def _settings(redactor: Redactor) -> Settings:
    logs.configure(level=30, redactor=redactor)
    settings = load()
    redactor.learn_all(settings)
    return settings


def verify(redactor: Redactor, *, anchors: Sequence[str], files: Sequence[pathlib.Path]) -> int:
    """Follow the chain, or sealed files; print what was found, and return 0 if all of it holds."""
    if files:
        keyring = Keyring(_settings(redactor).audit_key)
        return max([_verify_file(redactor, path, keyring) for path in files])
    with _opened(redactor) as parts:
        posted = _posted(parts.settings, anchors, redactor) if anchors else None
        report = AuditTrail(AuditChain(parts.database), parts.keyring).verify(posted)
    _print(redactor, report, anchored=posted is not None)
    return TAMPERED if report.shortfall else OK


def _verify_file(redactor: Redactor, path: pathlib.Path, keyring: Keyring) -> int:
    file = seals.read(path, keyring)
    click.echo(
        f"{path.name}: events {file.begins.position + 1:,} to {file.end.position:,}, SHA-256 {file.digest}"
    )
    _print(redactor, dataclasses.replace(file.report, begins_after=0), anchored=False)
    return TAMPERED if file.report.shortfall else OK


def _posted(settings: Settings, anchors: Sequence[str], redactor: Redactor) -> list[Posted]:
    posted = [pasted_anchor(text) for text in anchors if text != FROM_SLACK]
    if FROM_SLACK not in anchors:
        return posted
    if settings.slack_bot_token is None:
        raise Refusal(
            "SLACK_BOT_TOKEN is not set, so the channel cannot be read",
            fix="Paste a head from it: `xk8s audit verify --anchor POSITION:HASH`.",
        )
    web = SlackWebClient(
        token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, redactor=redactor
    )
    bot = str(web.read("auth.test").get("user_id", ""))
    found = SlackAnchors(web, bot=lambda: bot, channel=lambda: settings.configuration.audit.anchor_channel)
    return [*posted, *found.posted()]


def _print(redactor: Redactor, report: ChainReport, *, anchored: bool) -> None:
    rendered = catalog.RESULTS.render(AuditVerified(report=report, anchored=anchored))
    for message in answers.with_headline(rendered):
        for line in plain_text.lines(message.blocks):
            click.echo(redactor.hide(line))


def export(
    redactor: Redactor, *, form: str, sealed: pathlib.Path | None, output: pathlib.Path | None, **wanted: Any
) -> None:
    """Write events as they are read; nothing is collected. Raises `Problem`."""
    asked = _filter(**wanted)
    with contextlib.ExitStack() as stack:
        events: Iterator[AuditEvent]
        if sealed is not None:
            events = filter(asked.fits, seals.events(sealed))
        else:
            parts = stack.enter_context(_opened(redactor))
            events = _read(parts.database, asked)
        out = stack.enter_context(output.open("w", encoding="utf-8")) if output is not None else sys.stdout
        _write(out, events, ExportFormat(form), redactor)


def _write(out: TextIO, events: Iterator[AuditEvent], form: ExportFormat, redactor: Redactor) -> None:
    for line in lines((_hidden(event, redactor) for event in events), form):
        out.write(f"{line}\n")
    out.flush()


def _hidden(event: AuditEvent, redactor: Redactor) -> AuditEvent:
    """Events were hidden when they were written; a secret that is known only now is hidden here."""
    return AuditEvent(**{name: redactor.hide_in(value) for name, value in dataclasses.asdict(event).items()})  # type: ignore[arg-type]


def _read(database: Database, asked: AuditFilter) -> Iterator[AuditEvent]:
    try:
        yield from AuditRepository(database).everything(asked)
    except DatabaseError as error:
        raise AuditUnavailable(
            "The audit log cannot be read to its end", why=str(error), fix="Look at the database."
        ) from error


def _filter(*, since: str | None, until: str | None, **rest: Any) -> AuditFilter:
    now = wiring.utc_now()
    try:
        begin = values.resolve_moment(values.moment(since), now=now) if since else None
        end = day_to_its_end(values.resolve_moment(values.moment(until), now=now)) if until else None
    except ValueError as error:
        raise Refusal(str(error).replace("`", "")) from None
    return AuditFilter(since=begin, until=end, **rest)


def seal(redactor: Redactor, *, before: str, path: pathlib.Path) -> None:
    """Seal what was signed before a time, and say what was done. Raises `Problem`."""
    now = wiring.utc_now()
    try:
        moment = values.resolve_moment(values.moment(before), now=now)
    except ValueError as error:
        raise Refusal(str(error).replace("`", "")) from None
    with _opened(redactor) as parts:
        log = AuditLog(AuditRepository(parts.database), now=wiring.utc_now, redactor=redactor)
        about = _subject({"before": moment.isoformat(), "file": path.name})
        log.intend(about)
        try:
            made = seals.seal(AuditChain(parts.database), parts.keyring, path, before=moment, now=now)
        except Problem as problem:
            log.conclude(about, outcome=problem.outcome, detail=detail(problem))
            raise
        log.conclude(about, outcome=Outcome.SUCCEEDED, detail=_done(made))
    click.echo(f"{_done(made)}. Keep {path.name}: it is all that is left of them, and it holds the chain.")


def _done(made: Seal) -> str:
    return f"events up to {made.position} are sealed, SHA-256 of the file {made.file_digest}"


def _subject(arguments: dict[str, Any]) -> AuditSubject:
    operation, user = uuid.uuid4().hex, getpass.getuser()
    return AuditSubject(
        operation=operation,
        reference=operation[:4],
        actor=f"terminal:{user}@{socket.gethostname()}",
        actor_name=user,
        team="",
        entry=Entry.TERMINAL,
        channel="",
        thread="",
        project="",
        action="audit.seal",
        arguments=arguments,
        target="audit log",
    )
