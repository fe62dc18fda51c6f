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
    with office(tmp_path, "socket", environment={"XK8S_DATABASE_URL": database_url}) as made:
        configuration = tmp_path / "xk8s.yaml"
        text = re.sub(r"approver: \{.*\}", "approver: {everyone: true}", configuration.read_text())
        configuration.write_text(text)
        made.bot.stop()
        made.bot.start()
        yield made


@contextlib.contextmanager
def second_replica(here: Office) -> Iterator[Bot]:
    """Another process on the same database."""
    environment = here.bot.environment | {
        "XK8S_REPLICA_ID": "second",
        "XK8S_DATA_DIR": str(here.bot.folder / "second"),
    }
    other = Bot(here.bot.folder, environment)
    other.start()
    try:
        yield other
    finally:
        other.stop()


def crowd(here: Office) -> list[str]:
    people = [f"U0P{number:03}" for number in range(PEOPLE)]
    for person in people:
        here.workspace.users[person] = User(id=person, name=person.lower(), real_name=person)
        here.workspace.channels["C0SHOP"].members.add(person)
    return people


def test_200_people_decide_at_once_on_two_replicas_and_one_counts(anyone_approves: Office) -> None:
    here = anyone_approves
    people = crowd(here)
    here.workspace.trigger_seconds = (
        60.0  # 200 forms on a busy machine: how fast they open is for `benchmarks/`
    )
    asked = ask_to_delete(here, "crowd-eu")
    (message, approve), (_, reject) = asked.buttons()["Approve…"], asked.buttons()["Reject…"]
    with second_replica(here):
        here.until(lambda: len(here.sandbox.sockets.connections) == 2)

        async def press() -> None:
            await asyncio.gather(
                *(
                    here.workspace.click(
                        who, message.channel, message.ts, (approve if n % 2 else reject)["action_id"]
                    )
                    for n, who in enumerate(people)
                )
            )

        here.sandbox.loopback.run(press(), 120)
        forms = here.until(
            lambda: (
                [view for view in here.workspace.views.values() if view.body.get("submit")]
                if sum(bool(view.body.get("submit")) for view in here.workspace.views.values()) == PEOPLE
                else None
            ),
            120,
        )

        async def decide() -> None:
            await asyncio.gather(
                *(
                    here.workspace.submit(view.user, view.id, {"typed": "crowd-eu", "comment": "no"})
                    for view in forms
                )
            )

        here.sandbox.loopback.run(decide(), 120)

        def told() -> collections.Counter[str] | None:
            said = [m for m in here.workspace.messages if m.only_for in people]
            if len({m.only_for for m in said}) < PEOPLE:
                return None
            return collections.Counter("counted" if text_of(m).split()[1] == "You" else "told" for m in said)

        answers = here.until(told, 120)
    assert answers == {"counted": 1, "told": PEOPLE - 1}
    shown = text_of(card(here, asked))
    database = Database.open(here.bot.environment["XK8S_DATABASE_URL"])
    events, _ = AuditEventRepository(database).find(
        AuditFilter(action="approvals.decide"), offset=0, limit=500
    )
    effects, _ = AuditEventRepository(database).find(AuditFilter(action="cluster.delete"), offset=0, limit=10)
    database.dispose()
    outcomes = collections.Counter(event.outcome for event in events)
    assert outcomes == {"succeeded": 1, "refused": PEOPLE - 1}
    assert len(effects) == (2 if "approved by" in shown else 1), "what was asked for, and its one effect"


def test_a_decision_is_carried_out_once_however_the_process_dies(anyone_approves: Office) -> None:
    here = anyone_approves
    chance = random.Random(7)
    for number in range(4):
        name = f"crash-{number}"
        asked = ask_to_delete(here, name)
        here.clicks(asked.buttons()["Approve…"], who="U0BO")
        view = here.form("U0BO")
        here.submits("U0BO", view, typed=name)
        here.sandbox.loopback.run(asyncio.sleep(chance.random() * 0.4))
        here.bot.kill()
        here.bot.start()
        here.until(
            lambda name=name: not any(c["name"] == name for c in here.sandbox.cloud.clusters.values()), 40
        )
        here.until(lambda asked=asked: "deleted from shop" in text_of(asked.root), 40)
        here.until(lambda asked=asked: "approved by @U0BO" in text_of(card(here, asked)), 40)
        root = asked.root
        assert root is not None
        ends = [
            message
            for message in here.workspace.messages
            if message.thread == root.ts and "deleted from" in text_of(message)
        ]
        assert len(ends) == 1
    log = here.types("audit --action cluster.delete", who="U0BO")
    assert log.text.count("cluster delete") == 8 and "❓" not in log.text and "⏳" not in log.text
