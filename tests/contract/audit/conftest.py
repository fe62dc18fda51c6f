"""A chain of some events on each kind of database, and an attacker who may write to every table of it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text

from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail
from storage import audit_encoding
from storage.audit_chain import AuditChain
from storage.audit_events import INTENT, OUTCOME, AuditEvent, AuditEventRepository
from storage.database import Database
from tests.support.audit_events import audit_event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = SecretStr("k" * 40)


def event(number: int, phase: str = INTENT, **changes: Any) -> AuditEvent:
    values: dict[str, Any] = {
        "operation": f"op-{number}",
        "phase": phase,
        "at": NOW + timedelta(minutes=number),
        "actor_name": "ana ü",
        "arguments": {"driver": "flannel", "n": number},
        "target": "k8s\\dev\tx",
        "detail": "a\nline \\N",
        "duration_ms": None if phase == INTENT else 800 + number,
    }
    return audit_event(**(values | changes))


@dataclasses.dataclass
class Ledger:
    """The chain, and what may be done to it."""

    database: Database

    @property
    def chain(self) -> AuditChain:
        return AuditChain(self.database)

    def write(self, operations: int, *, first: int = 1) -> None:
        """An intent and an outcome of each operation."""
        repository = AuditEventRepository(self.database)
        for number in range(first, first + operations):
            repository.append(event(number))
            repository.append(event(number, OUTCOME))

    def sign(self, *, at: datetime = NOW, key: SecretStr = KEY) -> int:
        head = self.chain.head()
        self.chain.store_signature(Keyring(key).sign(head, at=at))
        return head.position

    def trail(self, key: SecretStr | None = KEY) -> AuditTrail:
        return AuditTrail(self.chain, Keyring(key))

    @contextlib.contextmanager
    def attacking(self) -> Iterator[Connection]:
        """A transaction under which no trigger stands in the way."""
        with self.database.writing() as connection:
            if self.database.dialect == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                yield connection
                return
            query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = connection.execute(query).all()
            for trigger in triggers:
                connection.execute(text(f'DROP TRIGGER "{trigger.name}"'))
            yield connection
            for trigger in triggers:
                connection.exec_driver_sql(trigger.sql)

    def rows(self, connection: Connection) -> list[dict[str, Any]]:
        mappings = connection.execute(text("SELECT * FROM audit_events ORDER BY position")).mappings()
        return [dict(row) for row in mappings]

    def put(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        """Make the table hold exactly these rows."""
        connection.execute(text("DELETE FROM audit_events"))
        names = ("position", *audit_encoding.COLUMNS, "previous", "hash")
        statement = (
            f"INSERT INTO audit_events ({', '.join(names)}) VALUES"
            f" ({', '.join(f':{name}' for name in names)})"
        )
        if rows:
            connection.execute(text(statement), rows)

    def recompute(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        """Chain rows anew, as whoever may write the table can, and put head and events in place."""
        previous, position = audit_encoding.GENESIS, 0
        for position, row in enumerate(rows, start=1):
            digest = audit_encoding.digest(
                audit_encoding.content(row[name] for name in audit_encoding.COLUMNS)
            )
            row |= {
                "position": position,
                "previous": previous,
                "hash": audit_encoding.link(previous, position, digest),
            }
            previous = row["hash"]
        self.put(connection, rows)
        head = "UPDATE audit_head SET position = :position, hash = :hash WHERE id = 1"
        connection.execute(text(head), {"position": position, "hash": previous})


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """An empty chain."""
    return Ledger(database)
