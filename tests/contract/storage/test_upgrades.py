"""An installed database is upgraded with its rows in it: nothing is lost, and the old events become the chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from storage import chain
from storage.audit import OUTCOME, AuditEvent, AuditRepository
from storage.audit_chain import AuditChain
from storage.database import Database
from storage.migrations import run
from storage.models import Json, UtcTime

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
_TYPES: dict[str, Any] = {"at": UtcTime, "arguments": Json}
OLD = sa.table("audit_events", *(sa.column(name, _TYPES.get(name)) for name in ("position", *chain.COLUMNS)))


@pytest.fixture
def first_version(database_url: str) -> Iterator[Database]:
    """A database of each kind as the first version left it."""
    opened = Database.open(database_url)
    settings = run.config()
    with opened.engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        connection.commit()
    yield opened
    opened.dispose()


def old_event(position: int, **changes: Any) -> dict[str, Any]:
    values = {
        "position": position, "operation": f"op-{position}", "phase": "intent", "reference": "7f3a",
        "at": NOW + timedelta(seconds=position), "actor": "U1", "actor_name": "ana", "team": "T1", "entry": "command",
        "channel": "C1", "thread": "1.0", "project": "shop", "action": "template.create",
        "arguments": {"name": f"k8s-{position}", "driver": "calico", "ü": ["ß", None, 1.5]}, "target": "k8s\tdev\n",
        "outcome": "", "detail": "it said \\N", "duration_ms": None,
    }  # fmt: skip
    return values | changes


def test_old_events_become_the_chain_in_their_order_and_nothing_of_them_is_lost(first_version: Database) -> None:
    events = [old_event(1), old_event(2, phase="outcome", operation="op-1", outcome="succeeded", duration_ms=7)]
    events += [old_event(position) for position in range(5, 2_600)]  # a gap, and more than one part
    with first_version.writing() as connection:
        connection.execute(sa.insert(OLD), events)
    assert first_version.upgrade() is True

    kept = list(AuditRepository(first_version).everything())
    assert kept == [AuditEvent(**(event | {"position": number})) for number, event in enumerate(events, start=1)]
    follows(first_version, len(events))


def test_the_chain_goes_on_after_the_old_events(first_version: Database) -> None:
    with first_version.writing() as connection:
        connection.execute(sa.insert(OLD), [old_event(3)])
    first_version.upgrade()
    audit = AuditRepository(first_version)
    [kept] = audit.everything()
    outcome = AuditEvent(**(vars(kept) | {"phase": OUTCOME, "outcome": "succeeded", "position": None}))
    assert audit.append(outcome) is True
    assert audit.append(outcome) is False
    follows(first_version, 2)


def test_an_empty_log_begins_at_the_beginning(first_version: Database) -> None:
    first_version.upgrade()
    head = AuditChain(first_version).head()
    assert (head.position, head.hash) == (0, chain.GENESIS)


def follows(database: Database, events: int) -> None:
    """Recompute every link with nothing but the definition."""
    audit_chain, expected, number = AuditChain(database), chain.GENESIS, 0
    for number, (position, previous, hashed, content) in enumerate(audit_chain.links(), start=1):
        assert (position, previous.decode()) == (number, expected)
        expected = chain.link(expected, number, chain.digest(content))
        assert hashed.decode() == expected
    assert number == events
    head = audit_chain.head()
    assert (head.position, head.hash) == (events, expected)
