"""An installed database is upgraded with its rows in it: nothing is lost, and the old events become the
chain.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from storage import audit_encoding
from storage.audit_chain import AuditChain
from storage.audit_events import OUTCOME, AuditEvent, AuditEventRepository
from storage.cluster_migrations import (
    BACK,
    DONE,
    PAUSED,
    RUNNING,
    ClusterMigrationRepository,
)
from storage.database import Database
from storage.migration_permits import MigrationPermitRepository
from storage.migrations import run
from storage.models import Json, UtcTime
from storage.models.clusters import MigrationRow
from tests.support.cluster_migrations import cluster_migration

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
_TYPES: dict[str, Any] = {"at": UtcTime, "arguments": Json}
OLD = sa.table(
    "audit_events", *(sa.column(name, _TYPES.get(name)) for name in ("position", *audit_encoding.COLUMNS))
)


@contextlib.contextmanager
def at(version: str, url: str) -> Iterator[Database]:
    """A database as an older version left it."""
    opened = Database.open(url)
    settings = run.config()
    with opened.engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, version)
        connection.commit()
    yield opened
    opened.dispose()


@pytest.fixture
def first_version(database_url: str) -> Iterator[Database]:
    """A database of each kind as the first version left it."""
    with at("0001", database_url) as opened:
        yield opened


@pytest.fixture
def before_turns(database_url: str) -> Iterator[Database]:
    """A database of each kind from before migrations had turns."""
    with at("0007", database_url) as opened:
        yield opened


def old_event(position: int, **changes: Any) -> dict[str, Any]:
    values = {
        "position": position,
        "operation": f"op-{position}",
        "phase": "intent",
        "reference": "7f3a",
        "at": NOW + timedelta(seconds=position),
        "actor": "U1",
        "actor_name": "ana",
        "team": "T1",
        "entry": "command",
        "channel": "C1",
        "thread": "1.0",
        "project": "shop",
        "action": "template.create",
        "arguments": {"name": f"k8s-{position}", "driver": "calico", "ü": ["ß", None, 1.5]},
        "target": "k8s\tdev\n",
        "outcome": "",
        "detail": "it said \\N",
        "duration_ms": None,
    }
    return values | changes


def test_old_events_become_the_chain_in_their_order_and_nothing_of_them_is_lost(
    first_version: Database,
) -> None:
    events = [
        old_event(1),
        old_event(2, phase="outcome", operation="op-1", outcome="succeeded", duration_ms=7),
    ]
    events += [old_event(position) for position in range(5, 2_600)]  # a gap, and more than one part
    with first_version.writing() as connection:
        connection.execute(sa.insert(OLD), events)
    assert first_version.upgrade() is True

    stored = list(AuditEventRepository(first_version).stream())
    assert stored == [
        AuditEvent(**(event | {"position": number})) for number, event in enumerate(events, start=1)
    ]
    follows(first_version, len(events))


def test_the_chain_goes_on_after_the_old_events(first_version: Database) -> None:
    with first_version.writing() as connection:
        connection.execute(sa.insert(OLD), [old_event(3)])
    first_version.upgrade()
    audit = AuditEventRepository(first_version)
    [stored] = audit.stream()
    outcome = AuditEvent(**(vars(stored) | {"phase": OUTCOME, "outcome": "succeeded", "position": None}))
    assert audit.append(outcome) is True
    assert audit.append(outcome) is False
    follows(first_version, 2)


def test_an_empty_log_begins_at_the_beginning(first_version: Database) -> None:
    first_version.upgrade()
    head = AuditChain(first_version).head()
    assert (head.position, head.hash) == (0, audit_encoding.GENESIS)


def old_migration(
    number: int, step: str, state: str = RUNNING, waits: str = "", project: str = "shop"
) -> dict[str, Any]:
    migration = cluster_migration(
        number,
        project=project,
        begun_at=NOW + timedelta(minutes=number),
        state=state,
        step=step,
        since=NOW,
        waits=waits,
    )
    return dataclasses.asdict(migration)


def test_migrations_that_an_older_version_had_at_work_keep_working(before_turns: Database) -> None:
    with before_turns.writing() as connection:
        connection.execute(
            sa.insert(MigrationRow),
            [
                old_migration(1, "start"),
                old_migration(2, "copy"),
                old_migration(3, "soak"),
                old_migration(4, "quiesce", PAUSED, "somebody paused it"),
                old_migration(5, "decide", waits="approval a2"),
                old_migration(6, "deploy", waits="waits for its turn"),
                old_migration(7, "prove", BACK),
                old_migration(8, "delete", DONE),
                old_migration(9, "volumes", project="bank"),
            ],
        )
    assert before_turns.upgrade() is True
    turns = MigrationPermitRepository(before_turns)

    def works(number: int) -> bool:
        project = "bank" if number == 9 else "shop"
        return turns.acquire(f"m{number}", operation=f"operation-{number}", project=project, limit=1).held

    at_work = [f"m{number}" for number in range(1, 10) if works(number)]
    assert at_work == ["m1", "m2", "m7", "m9"], "no more begin, and what works is not stopped"
    register = ClusterMigrationRepository(before_turns)
    assert len(register.of_project("shop")) == 8 and len(register.of_project("bank")) == 1


def follows(database: Database, events: int) -> None:
    """Recompute every link with nothing but the definition."""
    audit_chain, expected, number = AuditChain(database), audit_encoding.GENESIS, 0
    for number, (position, previous, hashed, content) in enumerate(audit_chain.links(), start=1):
        assert (position, previous.decode()) == (number, expected)
        expected = audit_encoding.link(expected, number, audit_encoding.digest(content))
        assert hashed.decode() == expected
    assert number == events
    head = audit_chain.head()
    assert (head.position, head.hash) == (events, expected)
