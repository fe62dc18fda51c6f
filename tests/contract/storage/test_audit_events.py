"""Audit events are appended once, never changed, and found by filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from storage.audit_events import INTENT, OUTCOME, AuditEvent, AuditEventRepository, AuditFilter
from storage.database import Database, DatabaseError
from tests.support.audit_events import audit_event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def event(operation: str = "op-1", phase: str = INTENT, **changes: Any) -> AuditEvent:
    return audit_event(**({"operation": operation, "phase": phase, "at": NOW} | changes))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET actor = 'U9'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
)
def test_the_database_itself_refuses_to_change_the_audit_log(database: Database, statement: str) -> None:
    if statement.startswith("TRUNCATE") and database.dialect == "sqlite":
        statement = "DELETE FROM audit_events WHERE position > 0"
    audit = AuditEventRepository(database)
    audit.append(event())
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as connection:
        connection.execute(text(statement))
    assert [stored.actor for stored in audit.of_operation("op-1")] == ["U1"]


def test_an_operation_has_one_intent_and_one_outcome_however_often_they_are_written(
    database: Database,
) -> None:
    audit = AuditEventRepository(database)
    assert audit.append(event()) is True
    assert audit.append(event(detail="again")) is False
    assert audit.append(event(phase=OUTCOME, duration_ms=800)) is True
    assert audit.append(event(phase=OUTCOME, outcome="failed")) is False
    assert [stored.phase for stored in audit.of_operation("op-1")] == [INTENT, OUTCOME]


def test_an_intent_without_outcome_is_open(database: Database) -> None:
    audit = AuditEventRepository(database)
    audit.append(event("op-1"))
    audit.append(event("op-2"))
    audit.append(event("op-1", phase=OUTCOME))
    assert [intent.operation for intent in audit.open_intents()] == ["op-2"]


def test_events_are_filtered_and_paged_newest_first_one_line_an_operation(database: Database) -> None:
    audit = AuditEventRepository(database)
    for number in range(5):
        audit.append(event(f"op-{number}", target=f"t{number}"))
        if number != 4:
            audit.append(
                event(f"op-{number}", phase=OUTCOME, target=f"t{number}", at=NOW + timedelta(minutes=number))
            )
    audit.append(event("op-v", action="verify", actor="U2", actor_name="bo", project="other"))

    def targets(offset: int = 0, limit: int = 10, **selection: Any) -> list[str]:
        page, _ = audit.find(AuditFilter(**selection), offset=offset, limit=limit)
        return [stored.target for stored in page]

    assert targets(project="shop") == ["t4", "t3", "t2", "t1", "t0"]
    assert targets(project="shop", offset=1, limit=2) == ["t3", "t2"]
    assert targets(action="template") == targets(action="template.create") == targets(project="shop")
    assert targets(action="temp") == []
    assert targets(actor="bo") == targets(actor="U2") != []
    assert targets(outcome="succeeded", since=NOW + timedelta(minutes=2)) == ["t3", "t2"]
    assert targets(target="t1", until=NOW) == []
    assert audit.find(AuditFilter(project="shop"), offset=0, limit=1)[1] == 5


def test_a_filter_selects_the_same_events_in_memory_as_in_the_database(database: Database) -> None:
    audit = AuditEventRepository(database)
    events = [
        event("op-1", phase=OUTCOME),
        event("op-2", phase=OUTCOME, project="other", actor="U2", actor_name="bo", action="verify"),
        event("op-3", phase=OUTCOME, at=NOW + timedelta(hours=1), target="dev-eu", outcome="failed"),
    ]
    for outcome in events:
        audit.append(outcome)
    for selection in (
        AuditFilter(),
        AuditFilter(project="other"),
        AuditFilter(actor="ana"),
        AuditFilter(actor="U2"),
        AuditFilter(action="template"),
        AuditFilter(action="temp"),
        AuditFilter(target="dev-eu"),
        AuditFilter(outcome="failed"),
        AuditFilter(since=NOW + timedelta(minutes=1)),
        AuditFilter(until=NOW),
        AuditFilter(excluded_operation="op-1"),
    ):
        stored = [selected.operation for selected in audit.stream(selection)]
        assert stored == [outcome.operation for outcome in events if selection.matches(outcome)], selection
