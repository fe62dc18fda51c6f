"""`xk8s audit verify | export | seal`: the log for those who may read its database, without Slack.

Whoever may read the database sees all of it, so no role is asked for; sealing writes its own event.
"""

import contextlib
import dataclasses
import pathlib
import sys
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TextIO

import click

from bot.actions import values
from bot.actions.request import EntryPoint
from bot.actions.service import Outcome
from bot.app import logs
from bot.app.clock import utc_now
from bot.app.configuration import load
from bot.app.database import open_database
from bot.audit import seals
from bot.audit.chain import ChainReport
from bot.audit.export import ExportFormat, lines
from bot.audit.log import AuditLog, AuditSubject, AuditUnavailable
from bot.audit.service import AuditVerified, end_of_day
from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail, Posted, pasted_anchor
from bot.cli.audit_commands import FROM_SLACK
from bot.cli.terminal_answer import print_rendered
from bot.cli.terminal_user import terminal_person
from bot.common.problems import Problem, Refusal
from bot.common.redaction import Redactor
from bot.requests.outcomes import detail_of
from bot.settings import Settings
from bot.settings.holder import SettingsHolder
from bot.slack.delivery.audit_anchors import SlackAnchors
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.views import catalog
from storage.audit_chain import AuditChain, Seal
from storage.audit_events import AuditEvent, AuditEventRepository, AuditFilter
from storage.database import Database, DatabaseError

OK, TAMPERED = 0, 1


def verify(redactor: Redactor, *, anchors: Sequence[str], files: Sequence[pathlib.Path]) -> int:
    """Follow the chain, or sealed files; print the report, and return 0 if all of it holds."""
    settings = _settings(redactor)
    keyring = Keyring(settings.audit_key)
    if files:
        return max([_verify_file(redactor, path, keyring) for path in files])
    with _database(settings) as database:
        posted = _posted(settings, anchors, redactor) if anchors else None
        report = AuditTrail(AuditChain(database), keyring).verify(posted)
    return _print(redactor, report, anchored=posted is not None)


def export(
    redactor: Redactor, *, form: str, sealed: pathlib.Path | None, output: pathlib.Path | None, **filters: Any
) -> None:
    """Write events as they are read; nothing is collected. Raises `Problem`."""
    wanted_events = _filter(**filters)
    with contextlib.ExitStack() as stack:
        events: Iterator[AuditEvent]
        if sealed is not None:
            events = filter(wanted_events.matches, seals.events(sealed))
        else:
            database = stack.enter_context(_database(_settings(redactor)))
            events = _read(database, wanted_events)
        out = stack.enter_context(output.open("w", encoding="utf-8")) if output is not None else sys.stdout
        _write(out, events, ExportFormat(form), redactor)


def seal(redactor: Redactor, *, before: str, path: pathlib.Path) -> None:
    """Seal what was signed before a time into a file, and print what was done. Raises `Problem`."""
    now = utc_now()
    moment = _moment(before, now)
    settings = _settings(redactor)
    with _database(settings) as database:
        log = AuditLog(AuditEventRepository(database), now=utc_now, redactor=redactor)
        subject = _subject({"before": moment.isoformat(), "file": path.name})
        log.intend(subject)
        try:
            new_seal = seals.seal(
                AuditChain(database), Keyring(settings.audit_key), path, before=moment, now=now
            )
        except Problem as problem:
            log.conclude(subject, outcome=problem.outcome, detail=detail_of(problem))
            raise
        log.conclude(subject, outcome=Outcome.SUCCEEDED, detail=_sealed(new_seal))
    click.echo(
        f"{_sealed(new_seal)}. Keep {path.name}: it is all that is left of them, and it holds the chain."
    )


def _settings(redactor: Redactor) -> Settings:
    logs.configure(level=30, redactor=redactor)
    settings = load()
    redactor.learn_all(settings)
    return settings


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = open_database(SettingsHolder(settings, read=load))
    try:
        yield database
    finally:
        database.dispose()


def _verify_file(redactor: Redactor, path: pathlib.Path, keyring: Keyring) -> int:
    file = seals.read(path, keyring)
    click.echo(
        f"{path.name}: events {file.begins.position + 1:,} to {file.end.position:,}, SHA-256 {file.digest}"
    )
    return _print(redactor, dataclasses.replace(file.report, begins_after=0), anchored=False)


def _print(redactor: Redactor, report: ChainReport, *, anchored: bool) -> int:
    print_rendered(catalog.RESULTS.render(AuditVerified(report=report, anchored=anchored)), redactor)
    return TAMPERED if report.shortfall else OK


def _posted(settings: Settings, anchors: Sequence[str], redactor: Redactor) -> list[Posted]:
    posted = [pasted_anchor(text) for text in anchors if text != FROM_SLACK]
    if FROM_SLACK not in anchors:
        return posted
    if settings.slack_bot_token is None:
        raise Refusal(
            "SLACK_BOT_TOKEN is not set, so the channel cannot be read",
            fix="Paste a head from it: `xk8s audit verify --anchor POSITION:HASH`.",
        )
    token, base_url = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
    web = SlackWebClient(token=token, base_url=base_url, redactor=redactor)
    bot = str(web.read("auth.test").get("user_id", ""))
    channel = SlackAnchors(web, bot=lambda: bot, channel=lambda: settings.configuration.audit.anchor_channel)
    return [*posted, *channel.posted()]


def _write(out: TextIO, events: Iterator[AuditEvent], form: ExportFormat, redactor: Redactor) -> None:
    """Events were redacted when they were written; a secret that is known only now is hidden here."""
    redacted = (
        AuditEvent(**{name: redactor.hide_in(value) for name, value in dataclasses.asdict(event).items()})  # type: ignore[arg-type]
        for event in events
    )
    out.writelines(f"{line}\n" for line in lines(redacted, form))
    out.flush()


def _read(database: Database, wanted_events: AuditFilter) -> Iterator[AuditEvent]:
    try:
        yield from AuditEventRepository(database).stream(wanted_events)
    except DatabaseError as error:
        raise AuditUnavailable(
            "The audit log cannot be read to its end", why=str(error), fix="Look at the database."
        ) from error


def _filter(*, since: str | None, until: str | None, **fields: Any) -> AuditFilter:
    now = utc_now()
    begin = _moment(since, now) if since else None
    end = end_of_day(_moment(until, now)) if until else None
    return AuditFilter(since=begin, until=end, **fields)


def _moment(text: str, now: datetime) -> datetime:
    try:
        return values.resolve_moment(values.moment(text), now=now)
    except ValueError as error:
        raise Refusal(str(error).replace("`", "")) from None


def _sealed(new_seal: Seal) -> str:
    return f"events up to {new_seal.position} are sealed, SHA-256 of the file {new_seal.file_digest}"


def _subject(arguments: dict[str, Any]) -> AuditSubject:
    operation, person = uuid.uuid4().hex, terminal_person()
    return AuditSubject(
        operation=operation,
        reference=operation[:4],
        actor=person.id,
        actor_name=person.name,
        team="",
        entry=EntryPoint.TERMINAL,
        channel="",
        thread="",
        project="",
        action=seals.ACTION,
        arguments=arguments,
        target="audit log",
    )
