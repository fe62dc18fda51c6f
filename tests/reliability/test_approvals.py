"""Approvals while processes die, and while everybody decides at once on two replicas."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import pathlib
import random
import re
from collections.abc import Iterator

import pytest

from sandbox.slack.model import User
from storage.audit_events import AuditEventRepository, AuditFilter
from storage.database import Database
from tests.e2e.conftest import Bot, Office, office
from tests.e2e.test_approvals import ask_to_delete, card, text_of

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(400)]
PEOPLE = 200


@pytest.fixture
def anyone_approves(tmp_path: pathlib.Path, database_url: str) -> Iterator[Office]:
    """An office in which everybody in the channel may approve, on each database."""
    with office(tmp_path, "socket", environment={"XK8S_DATABASE_URL": database_url}) as running_office:
        configuration = tmp_path / "xk8s.yaml"
        text = re.sub(r"approver: \{.*\}", "approver: {everyone: true}", configuration.read_text())
        configuration.write_text(text)
        running_office.bot.stop()
        running_office.bot.start()
        yield running_office


@contextlib.contextmanager
def second_replica(bot_office: Office) -> Iterator[Bot]:
    """Another process on the same database."""
    environment = bot_office.bot.environment | {
        "XK8S_REPLICA_ID": "second",
        "XK8S_DATA_DIR": str(bot_office.bot.folder / "second"),
    }
    replica = Bot(bot_office.bot.folder, environment)
    replica.start()
    try:
        yield replica
    finally:
        replica.stop()


def crowd(bot_office: Office) -> list[str]:
    people = [f"U0P{number:03}" for number in range(PEOPLE)]
    for person in people:
        bot_office.workspace.users[person] = User(id=person, name=person.lower(), real_name=person)
        bot_office.workspace.channels["C0SHOP"].members.add(person)
    return people


def test_200_people_decide_at_once_on_two_replicas_and_one_counts(anyone_approves: Office) -> None:
    bot_office = anyone_approves
    people = crowd(bot_office)
    bot_office.workspace.trigger_seconds = (
        60.0  # 200 forms on a busy machine: how fast they open is for `benchmarks/`
    )
    request = ask_to_delete(bot_office, "crowd-eu")
    (message, approve), (_, reject) = request.buttons()["Approve…"], request.buttons()["Reject…"]
    with second_replica(bot_office):
        bot_office.until(lambda: len(bot_office.sandbox.sockets.connections) == 2)

        async def press() -> None:
            await asyncio.gather(
                *(
                    bot_office.workspace.click(
                        who, message.channel, message.ts, (approve if n % 2 else reject)["action_id"]
                    )
                    for n, who in enumerate(people)
                )
            )

        bot_office.sandbox.loopback.run(press(), 120)
        forms = bot_office.until(
            lambda: (
                [view for view in bot_office.workspace.views.values() if view.body.get("submit")]
                if sum(bool(view.body.get("submit")) for view in bot_office.workspace.views.values())
                == PEOPLE
                else None
            ),
            120,
        )

        async def decide() -> None:
            await asyncio.gather(
                *(
                    bot_office.workspace.submit(view.user, view.id, {"typed": "crowd-eu", "comment": "no"})
                    for view in forms
                )
            )

        bot_office.sandbox.loopback.run(decide(), 120)

        def verdict_counts() -> collections.Counter[str] | None:
            replies = [m for m in bot_office.workspace.messages if m.only_for in people]
            if len({m.only_for for m in replies}) < PEOPLE:
                return None
            return collections.Counter(
                "counted" if text_of(m).split()[1] == "You" else "told" for m in replies
            )

        answers = bot_office.until(verdict_counts, 120)
    assert answers == {"counted": 1, "told": PEOPLE - 1}
    card_text = text_of(card(bot_office, request))
    database = Database.open(bot_office.bot.environment["XK8S_DATABASE_URL"])
    events, _ = AuditEventRepository(database).find(
        AuditFilter(action="approvals.decide"), offset=0, limit=500
    )
    effects, _ = AuditEventRepository(database).find(AuditFilter(action="cluster.delete"), offset=0, limit=10)
    database.dispose()
    outcomes = collections.Counter(event.outcome for event in events)
    assert outcomes == {"succeeded": 1, "refused": PEOPLE - 1}
    assert len(effects) == (2 if "approved by" in card_text else 1), "what was asked for, and its one effect"


def test_a_decision_is_carried_out_once_however_the_process_dies(anyone_approves: Office) -> None:
    bot_office = anyone_approves
    chance = random.Random(7)
    for number in range(4):
        name = f"crash-{number}"
        request = ask_to_delete(bot_office, name)
        bot_office.clicks(request.buttons()["Approve…"], who="U0BO")
        view = bot_office.form("U0BO")
        bot_office.submits("U0BO", view, typed=name)
        bot_office.sandbox.loopback.run(asyncio.sleep(chance.random() * 0.4))
        bot_office.bot.kill()
        bot_office.bot.start()
        bot_office.until(
            lambda name=name: not any(c["name"] == name for c in bot_office.sandbox.cloud.clusters.values()),
            40,
        )
        bot_office.until(lambda request=request: "deleted from shop" in text_of(request.root), 40)
        bot_office.until(
            lambda request=request: "approved by @U0BO" in text_of(card(bot_office, request)), 40
        )
        root = request.root
        assert root is not None
        ends = [
            message
            for message in bot_office.workspace.messages
            if message.thread == root.ts and "deleted from" in text_of(message)
        ]
        assert len(ends) == 1
    log = bot_office.types("audit --action cluster.delete", who="U0BO")
    assert log.text.count("cluster delete") == 8 and "❓" not in log.text and "⏳" not in log.text
