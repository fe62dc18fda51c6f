"""A process that dies between intent and outcome: after the restart the audit log has the truth, and so
has the person.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.app.clock import utc_now
from bot.app.configuration import load
from bot.audit.log import AuditLog
from bot.clusters.projects import Projects
from bot.clusters.readers import TargetReaders
from bot.requests.recovery import Recovery
from bot.slack import plain_text
from storage.audit_events import INTENT, AuditEvent, AuditEventRepository, AuditFilter
from storage.database import Database
from storage.deliveries import DeliveryRepository
from tests.e2e.conftest import Office, office

pytestmark = pytest.mark.reliability

DIES = """
import os, sys
from bot.cli import terminal
from bot.adapters.openstack.magnum import MagnumCloud
from bot.audit.log import AuditLog
from bot.common.redaction import Redactor

point, name = sys.argv[1:]
create, conclude = MagnumCloud.create_template, AuditLog.conclude

def dying_create(self, values, *, operation):
    if point == "before the effect":
        os._exit(9)
    template = create(self, values, operation=operation)
    if point == "after the effect":
        os._exit(9)
    return template

def dying_conclude(self, *arguments, **options):
    os._exit(9)

MagnumCloud.create_template = dying_create
if point == "before the outcome":
    AuditLog.conclude = dying_conclude
terminal.run(f"template create flannel --name {name}", project="shop", as_json=False, redactor=Redactor())
"""


@pytest.fixture(scope="module")
def bot_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("bot"), "socket") as running_office:
        yield running_office


def database(bot_office: Office) -> Database:
    return Database.open(f"sqlite:///{bot_office.bot.folder}/xk8s.sqlite3")


@pytest.mark.parametrize(
    ("point", "truth"),
    [("before the effect", "failed"), ("after the effect", "succeeded"), ("before the outcome", "succeeded")],
)
def test_a_terminal_that_dies_leaves_an_intent_that_is_closed_with_the_truth(
    bot_office: Office, monkeypatch: pytest.MonkeyPatch, point: str, truth: str
) -> None:
    name = f"dies-{point.replace(' ', '-')}"
    died = subprocess.run(
        [sys.executable, "-c", DIES, point, name],
        env=bot_office.bot.environment,
        capture_output=True,
        timeout=60,
    )
    assert died.returncode == 9, died.stderr
    assert any(template["name"] == name for template in bot_office.sandbox.cloud.templates.values()) is (
        truth == "succeeded"
    )

    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", bot_office.bot.environment["OS_CLIENT_CONFIG_FILE"])
    settings, opened = load(bot_office.bot.environment), database(bot_office)
    audit = AuditLog(AuditEventRepository(opened), now=utc_now)
    recovery = Recovery(
        audit,
        readers=TargetReaders(Projects(lambda: settings, now=utc_now)).all(),
        is_open=lambda _operation: False,
        notify=lambda _intent, _readback: None,
        now=lambda: utc_now() + timedelta(hours=2),
    )
    assert recovery.close_intents() == 1
    [event], _ = AuditEventRepository(opened).find(AuditFilter(target=name), offset=0, limit=5)
    assert event.outcome == truth and name in event.detail
    opened.dispose()


def orphan(name: str, **more: str) -> AuditEvent:
    values: dict[str, Any] = {"channel": "C0SHOP", "thread": "", **more}
    return AuditEvent(
        operation=uuid.uuid4().hex,
        phase=INTENT,
        reference="0a1b",
        at=datetime.now(UTC) - timedelta(minutes=10),
        actor="U0ANA",
        actor_name="ana",
        team="T0SANDBOX",
        entry="command",
        project="shop",
        action="template.create",
        arguments={"driver": "calico", "template": name},
        target=name,
        **values,
    )


def test_the_person_is_told_in_the_place_where_it_was_asked(bot_office: Office) -> None:
    nowhere, rooted = orphan("left-nowhere"), orphan("left-in-a-thread")
    before = len(bot_office.workspace.messages)
    bot_office.bot.stop()
    opened = database(bot_office)
    for intent in (nowhere, rooted):
        AuditEventRepository(opened).append(intent)
    api = bot_office.sandbox.api
    posted = bot_office.sandbox.loopback.call(
        lambda: api._call(
            "chat.postMessage",
            bot_office.bot.environment["SLACK_BOT_TOKEN"],
            {"channel": "C0SHOP", "text": "⏳ working"},
        )
    )
    deliveries = DeliveryRepository(opened)
    deliveries.begin(operation=rooted.operation, slot="root", channel="C0SHOP", thread="", now=rooted.at)
    deliveries.mark_posted(operation=rooted.operation, slot="root", ts=posted["ts"])
    bot_office.bot.start()
    bot_office.until(
        lambda: all(AuditEventRepository(opened).of_operation(i.operation)[1:] for i in (nowhere, rooted))
    )
    for intent in (nowhere, rooted):
        [_, outcome] = AuditEventRepository(opened).of_operation(intent.operation)
        assert outcome.outcome == "failed" and "before anything was created" in outcome.detail
    opened.dispose()

    texts = [
        "\n".join(plain_text.lines(message.blocks))
        for message in bot_office.workspace.messages[before:]
        if message.blocks
    ]
    assert (
        sum("left-nowhere" in text and "I was restarted in the middle of this" in text for text in texts) == 1
    )
    root = bot_office.workspace.message("C0SHOP", posted["ts"])
    assert root is not None and "I was restarted in the middle of this" in "\n".join(
        plain_text.lines(root.blocks)
    )
    [reply] = [message for message in bot_office.workspace.messages if message.thread == posted["ts"]]
    assert "there is no template left-in-a-thread" in "\n".join(plain_text.lines(reply.blocks))
