"""Intents that a crash left open are closed with the truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.audit.log import AuditLog, Subject
from bot.requests.recovery import close_orphans
from storage.audit import AuditRepository
from storage.database import Database

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def intent(log: AuditLog, operation: str, *, entry: str = "command") -> None:
    log.intend(
        Subject(
            operation=operation, reference=operation[:4], actor="U1", actor_name="ana", team="T", entry=entry, channel="C",
            thread="", project="shop", action="template.create", arguments={}, target="t",
        )
    )  # fmt: skip


def test_only_intents_that_no_request_will_close_are_closed_as_unknown(database: Database) -> None:
    log = AuditLog(AuditRepository(database), now=lambda: NOW)
    intent(log, "gone")
    intent(log, "waiting")
    intent(log, "typed", entry="terminal")
    assert close_orphans(log, is_open=lambda operation: operation == "waiting", now=NOW) == 1
    closed = log.outcome_of("gone")
    assert closed is not None and closed.outcome == "unknown" and "check t of template.create" in closed.detail
    assert {event.operation for event in log.open_intents()} == {"waiting", "typed"}
    assert close_orphans(log, is_open=lambda operation: operation == "waiting", now=NOW + timedelta(hours=2)) == 1
