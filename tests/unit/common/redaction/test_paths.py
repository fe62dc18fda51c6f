"""Known secrets are sent down every way by which text leaves the process, and arrive nowhere."""

from __future__ import annotations

import io
import json
import logging
import pathlib
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from pydantic import SecretStr

from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Person, Place
from bot.actions.service import Outcome
from bot.adapters.kube.errors import from_status
from bot.adapters.openstack.magnum_errors import from_answer
from bot.app import logs
from bot.audit.log import AuditLog, AuditSubject
from bot.cli.main import main
from bot.cli.terminal_answer import TerminalAnswer
from bot.common.problems import Problem
from bot.common.redaction import HIDDEN, Redactor
from bot.requests.answer import Conclusion
from bot.settings import Settings
from bot.slack.delivery.web_client import SlackWebClient
from storage.audit_events import AuditEventRepository
from storage.database import Database

KNOWN = "known-by-its-value-alone"
TOKEN = "xoxb-1111-2222-looks-like-one"
SECRETS = (KNOWN, TOKEN, "hunter2", "c2VjcmV0LWtleQ", "dmFsdWU=")
TEXT = (
    f"it said {KNOWN}, {TOKEN}, postgresql://u:hunter2@db/x, -----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ\n"
    '-----END PRIVATE KEY----- and {"kind":"Secret","data":{"a":"dmFsdWU="}}'
)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def redactor() -> Redactor:
    return Redactor([SecretStr(KNOWN)])


def clean(text: object) -> None:
    output = text if isinstance(text, str) else repr(text)
    assert not [secret for secret in SECRETS if secret in output]
    assert HIDDEN in output, "and something was there to hide"


# --- logs


@pytest.fixture
def lines(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure(redactor=redactor)
    yield stream
    root.handlers, root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


class Opaque:
    """Something that only becomes text when it is written."""

    def __str__(self) -> str:
        return TEXT


def fails() -> None:
    try:
        raise ValueError(TEXT)
    except ValueError as error:
        raise RuntimeError(f"wrapped: {TEXT}") from error


def test_a_log_line_and_everything_bound_to_it(lines: io.StringIO) -> None:
    log = structlog.get_logger("bot.test")
    log.warning(
        TEXT, why=TEXT, nested={"deep": [TEXT, {"deeper": (TEXT,)}]}, thing=Opaque(), raw=TEXT.encode()
    )
    with structlog.contextvars.bound_contextvars(reference=TEXT):
        log.error("bound")
    for line in lines.getvalue().splitlines():
        json.loads(line)
        clean(line)


def test_an_exception_with_its_traceback_and_its_cause(lines: io.StringIO) -> None:
    try:
        fails()
    except RuntimeError:
        structlog.get_logger("bot.test").exception("failed")
        logging.getLogger("somewhere.else").exception("failed too")
    assert lines.getvalue().count("The above exception was the direct cause") == 2
    clean(lines.getvalue())


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "slack_bolt", "slack_sdk", "urllib3", "sqlalchemy.engine", "dbos", "any"]
)
def test_a_line_of_a_library(lines: io.StringIO, name: str) -> None:
    logging.getLogger(name).error("sent %s", TEXT)
    clean(lines.getvalue())


def test_an_exception_that_nobody_caught(lines: io.StringIO) -> None:
    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    try:
        fails()
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    assert lines.getvalue().count("uncaught") == 2
    clean(lines.getvalue())


# --- the audit log


def test_an_audit_event(redactor: Redactor, database: Database) -> None:
    repository = AuditEventRepository(database)
    log = AuditLog(repository, now=lambda: NOW, redactor=redactor)
    about = AuditSubject(
        operation="op",
        reference="7f3a",
        actor="U1",
        actor_name=TEXT,
        team="T",
        entry="command",
        channel="C",
        thread="",
        project="shop",
        action="policy.apply",
        arguments={"yaml": TEXT, "labels": [TEXT]},
        target=TEXT,
    )
    log.intend(about)
    log.conclude(about, outcome="failed", detail=TEXT)
    for event in repository.of_operation("op"):
        clean(event.arguments)
        clean(event.target)
        assert not any(secret in repr(event) for secret in SECRETS)


# --- Slack


class Client:
    """What Slack would have got."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def api_call(self, method: str, **arguments: Any) -> Any:
        self.calls.append(arguments)
        return type("Answer", (), {"data": {"ts": "1.0"}})()

    def files_upload_v2(self, **arguments: Any) -> None:
        self.calls.append(arguments)


def test_a_message_a_whisper_a_view_and_a_file(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    web = SlackWebClient(token="t", base_url="http://127.0.0.1:9/", redactor=redactor)
    client = Client()
    monkeypatch.setattr(web, "_bare", client)
    monkeypatch.setattr(web, "_posting", client)
    monkeypatch.setattr(web, "_idempotent", client)
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": TEXT}}]
    web.post(channel="C", thread="", text=TEXT, blocks=blocks, metadata={})
    web.update(channel="C", ts="1.0", text=TEXT, blocks=blocks)
    web.reply_privately(channel="C", user="U", thread="", text=TEXT, blocks=blocks)
    web.open_view(trigger_id="t", view={"title": TEXT, "blocks": blocks})
    web.update_view(external_id="e", view={"blocks": blocks})
    web.upload(channel="C", thread="", name="report.txt", title=TEXT, content=TEXT.encode())
    assert len(client.calls) == 6
    for call in client.calls:
        clean(call)


def test_an_answer_through_a_response_url(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    def send(_client: object, **arguments: Any) -> Any:
        calls.append(arguments)
        return type("Answer", (), {"status_code": 200})()

    monkeypatch.setattr("bot.slack.delivery.web_client.WebhookClient.send", send)
    web = SlackWebClient(token="t", base_url="http://127.0.0.1:9/", redactor=redactor)
    web.respond(
        "http://127.0.0.1:9/r",
        text=TEXT,
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": TEXT}}],
    )
    clean(calls)


# --- errors of servers, on their way to a person


@pytest.mark.parametrize(
    "problem",
    [
        Problem(TEXT, why=TEXT, fix=TEXT),
        from_status(422, TEXT, doing="apply the policy"),
        from_answer(
            400, {"errors": [{"detail": TEXT, "title": TEXT}]}, doing="create the template", request_id="r"
        ),
        from_answer(500, TEXT, doing="create the template", request_id="r"),
    ],
    ids=["ours", "kubernetes", "magnum", "proxy"],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_in_a_terminal(
    redactor: Redactor, capsys: pytest.CaptureFixture[str], problem: Problem, as_json: bool
) -> None:
    request = IncomingRequest(
        key="k",
        operation=OperationId("7f3a" * 8),
        entry=EntryPoint.TERMINAL,
        person=Person(id="terminal:ana@host"),
        place=Place(),
        received=NOW,
    )
    ended = Conclusion(
        request=request, action=None, project="shop", outcome=Outcome.FAILED, seconds=0.1, problem=problem
    )
    TerminalAnswer(as_json=as_json, redactor=redactor).finish(ended)
    output = capsys.readouterr().out
    clean(output)
    if as_json:
        json.loads(output)


def test_an_error_of_the_command_itself(tmp_path: pathlib.Path) -> None:
    environment = {
        "XK8S_CONFIG": str(tmp_path / "none.yaml"),
        "XK8S_DATABASE_URL": f"nonsense://u:{KNOWN}@db/x",
        "XK8S_DATA_DIR": str(tmp_path),
    }
    for words in (["db", "upgrade"], ["doctor"], ["run", "help"], ["audit", "verify"]):
        result = CliRunner(env=environment).invoke(main, words)
        assert result.exit_code != 0
        assert KNOWN not in result.output + result.stderr + repr(result.exception)


def every_problem(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from every_problem(inner)


def test_whatever_its_constructor_takes_an_error_is_hidden_and_stays_what_it_is(redactor: Redactor) -> None:
    from bot.app import process  # noqa: F401 - with it comes every error there is

    kinds = set(every_problem())
    assert len(kinds) > 40
    for kind in kinds:
        problem = kind.__new__(kind)
        Problem.__init__(problem, TEXT, why=TEXT, fix=TEXT)
        problem.extra = "kept"  # type: ignore[attr-defined]
        hidden = redactor.hide_problem(problem)
        assert type(hidden) is kind and vars(hidden)["extra"] == "kept"
        for line in (hidden.what, hidden.why, hidden.fix, str(hidden)):
            clean(line)
        assert problem.what == TEXT, "the error itself is as it was"


# --- what is learned


def test_every_secret_of_the_settings_is_learned() -> None:
    values = {
        field.alias: SecretStr(f"value-of-{field.alias}")
        for field in Settings.model_fields.values()
        if field.alias and "SecretStr" in str(field.annotation)
    }
    assert len(values) >= 5
    redactor = Redactor()
    redactor.learn_all(Settings.model_validate(values))
    for name in values:
        assert redactor.hide(f"it is value-of-{name}") == f"it is {HIDDEN}"
