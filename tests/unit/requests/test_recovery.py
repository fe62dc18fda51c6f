"""Intents that a crash left open are closed with the truth, and the person is told."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actions.service import Outcome, Readback
from bot.audit.log import AuditLog, AuditSubject
from bot.common.problems import Problem
from bot.requests.answer import CannotAnswer
from bot.requests.recovery import Recovery
from storage.audit_events import OUTCOME, AuditEvent, AuditEventRepository
from storage.database import Database

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclasses.dataclass
class Bench:
    log: AuditLog
    repository: AuditEventRepository
    now: datetime = NOW
    waiting: set[str] = dataclasses.field(default_factory=set)
    announced: list[tuple[str, Outcome]] = dataclasses.field(default_factory=list)
    slack: Problem | None = None
    readers: dict[str, Any] = dataclasses.field(default_factory=dict)

    def recovery(self) -> Recovery:
        return Recovery(
            self.log,
            readers=self.readers,
            is_open=self.waiting.__contains__,
            notify=self.tell,
            now=lambda: self.now,
        )

    def tell(self, intent: AuditEvent, readback: Readback) -> None:
        if self.slack is not None:
            raise self.slack
        self.announced.append((intent.operation, readback.outcome))

    def intend(self, operation: str, *, entry: str = "command", action: str = "template.create") -> None:
        self.log.intend(
            AuditSubject(
                operation=operation,
                reference=operation[:4],
                actor="U1",
                actor_name="ana",
                team="T",
                entry=entry,
                channel="C",
                thread="",
                project="shop",
                action=action,
                arguments={},
                target="t",
            )
        )

    def outcome(self, operation: str) -> tuple[str, str] | None:
        events = self.repository.of_operation(operation)
        event = next((event for event in events if event.phase == OUTCOME), None)
        return (event.outcome, event.detail) if event is not None else None


@pytest.fixture
def bench(database: Database) -> Bench:
    repository = AuditEventRepository(database)
    trial = Bench(log=AuditLog(repository, now=lambda: NOW), repository=repository)
    trial.readers["template.create"] = lambda intent: Readback(
        outcome=Outcome.SUCCEEDED, detail="it is there"
    )
    return trial


def test_only_intents_that_no_request_will_close_are_closed(bench: Bench) -> None:
    for operation, entry in (("gone", "command"), ("waiting", "command"), ("typed", "terminal")):
        bench.intend(operation, entry=entry)
    bench.waiting.add("waiting")
    recovery = bench.recovery()
    assert recovery.close_intents() == 0, "what was sent just before the crash may still be on its way"
    bench.now = NOW + timedelta(minutes=2)
    assert recovery.close_intents() == 1
    assert bench.outcome("gone") == ("succeeded", "it is there")
    assert bench.announced == [("gone", Outcome.SUCCEEDED)]
    bench.now = NOW + timedelta(hours=2)
    assert recovery.close_intents() == 1
    assert bench.outcome("typed") == ("succeeded", "it is there")
    assert {event.operation for event in bench.log.open_intents()} == {"waiting"}


def test_what_nobody_can_read_is_unknown_and_says_what_to_check(bench: Bench) -> None:
    bench.intend("gone", action="policy.apply")
    bench.now = NOW + timedelta(minutes=2)
    bench.recovery().close_intents()
    outcome = bench.outcome("gone")
    assert outcome is not None and outcome[0] == "unknown" and "check t of policy apply" in outcome[1]


def test_a_read_that_was_cut_off_changed_nothing(bench: Bench) -> None:
    bench.intend("gone", action="cluster.list")
    bench.now = NOW + timedelta(minutes=2)
    bench.recovery().close_intents()
    assert bench.outcome("gone") == ("failed", "cut off before its answer; it changed nothing")


def test_a_target_out_of_reach_is_read_again_later_and_given_up_after_a_day(bench: Bench) -> None:
    def unreachable(_intent: AuditEvent) -> Readback:
        raise Problem("Magnum did not list templates", why="connection refused")

    bench.intend("gone")
    recovery = bench.recovery()
    bench.readers["template.create"] = unreachable
    bench.now = NOW + timedelta(hours=1)
    assert recovery.close_intents() == 0 and bench.outcome("gone") is None
    bench.now = NOW + timedelta(hours=25)
    assert recovery.close_intents() == 1
    outcome = bench.outcome("gone")
    assert outcome is not None and outcome[0] == "unknown" and "connection refused" in outcome[1]


def test_the_person_is_told_before_it_is_closed_unless_that_is_in_vain(bench: Bench) -> None:
    bench.intend("gone")
    bench.now = NOW + timedelta(minutes=2)
    bench.slack = Problem("Slack did not answer")
    assert bench.recovery().close_intents() == 0 and bench.outcome("gone") is None
    bench.slack = CannotAnswer("I cannot post in this channel")
    assert bench.recovery().close_intents() == 1
    assert bench.outcome("gone") == ("succeeded", "it is there")


def test_two_replicas_close_an_intent_once(bench: Bench) -> None:
    bench.intend("gone")
    bench.now = NOW + timedelta(minutes=2)
    assert [bench.recovery().close_intents(), bench.recovery().close_intents()] == [1, 0]


def test_an_intent_that_stays_open_is_looked_at_again_though_later_ones_are_closed(bench: Bench) -> None:
    bench.intend("waiting")
    bench.intend("gone")
    bench.waiting.add("waiting")
    bench.now = NOW + timedelta(minutes=2)
    recovery = bench.recovery()
    assert recovery.close_intents() == 1
    bench.waiting.clear()
    assert recovery.close_intents() == 1
    assert bench.log.open_intents() == []
