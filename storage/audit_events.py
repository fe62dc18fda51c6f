"""The events of the audit log: appended as links of the chain, never changed, and queried.

Table `audit_events`, and `audit_head` for the end of the chain. The database itself refuses to change or
delete events. An operation has at most one intent and one outcome: appending one again does nothing.
Positions have no gaps, because they are given under the lock of the head.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, text
from sqlalchemy.orm import aliased

from bot.common.canonical_json import canonical
from storage import audit_encoding
from storage.models import stamp
from storage.models.audit import AuditEventRow
from storage.repository import Repository, columns_of

INTENT, OUTCOME = "intent", "outcome"
EXPORTED = 2_000  # events that an export reads at once


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """One event. `phase` is intent or outcome; the database gives the position."""

    operation: str
    phase: str
    reference: str
    at: datetime
    actor: str
    actor_name: str
    team: str
    entry: str
    channel: str
    thread: str
    project: str
    action: str
    arguments: dict[str, Any]
    target: str
    outcome: str = ""
    detail: str = ""
    duration_ms: int | None = None
    position: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which events are selected: None selects any. `action` is a name or a family (`template`)."""

    project: str | None = None
    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    excluded_operation: str | None = None  # an operation that is left out: the one that asks

    def matches(self, event: AuditEvent) -> bool:
        """Return whether an event is selected, for events that are in no database."""
        return (
            self.project in (None, event.project)
            and self.actor in (None, event.actor, event.actor_name)
            and (self.action in (None, event.action) or event.action.startswith(f"{self.action}."))
            and self.target in (None, event.target)
            and self.outcome in (None, event.outcome)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at <= self.until)
            and event.operation != self.excluded_operation
        )

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the same rules as SQL conditions on `audit_events`."""
        row = AuditEventRow
        for column in (row.project, row.target, row.outcome):
            if (value := getattr(self, column.key)) is not None:
                yield column == value
        if self.excluded_operation is not None:
            yield row.operation != self.excluded_operation
        if self.actor is not None:
            yield (row.actor == self.actor) | (row.actor_name == self.actor)
        if self.action is not None:
            family = row.action.startswith(f"{self.action}.", autoescape=True)
            yield (row.action == self.action) | family
        if self.since is not None:
            yield row.at >= self.since
        if self.until is not None:
            yield row.at <= self.until


class AuditEventRepository(Repository):
    """The audit log of all projects."""

    def append(self, event: AuditEvent) -> bool:
        """Append an event to the chain; return False if its operation has one of this phase already."""
        stored = _stored(event)
        if self._database.dialect != "postgresql":
            with self._database.writing() as connection:
                return _append(connection, stored)
        content = audit_encoding.digest(
            audit_encoding.content(stored[name] for name in audit_encoding.COLUMNS)
        )
        # one statement that commits by itself: the lock of the head is held for no other round trip
        with self._database.autocommit() as connection:
            return connection.execute(_APPEND_FUNCTION, {**stored, "content": content}).scalar() is not None

    def find(self, selection: AuditFilter, *, offset: int, limit: int) -> tuple[list[AuditEvent], int]:
        """Return a page of outcomes and open intents, newest first, and how many there are in all."""
        closed_or_open = (AuditEventRow.phase == OUTCOME) | ~_has_outcome()
        query = select(*_COLUMNS).where(closed_or_open, *selection.conditions())
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            page = query.order_by(AuditEventRow.position.desc()).offset(offset).limit(limit)
            rows = connection.execute(page).mappings().all()
        return [AuditEvent(**row) for row in rows], total

    def open_intents(self, *, after: int = 0) -> list[AuditEvent]:
        """Return the intents beyond a position that have no outcome yet, oldest first."""
        query = select(*_COLUMNS).where(AuditEventRow.phase == INTENT, ~_has_outcome())
        return self._events(query.where(AuditEventRow.position > after))

    def stream(self, selection: AuditFilter | None = None) -> Iterator[AuditEvent]:
        """Yield every selected event in order, intents too, read in parts: memory does not grow with them."""
        query = select(*_COLUMNS).where(*(selection or AuditFilter()).conditions()).limit(EXPORTED)
        last = 0
        while True:
            events = self._events(query.where(AuditEventRow.position > last))
            yield from events
            if len(events) < EXPORTED:
                return
            last = events[-1].position or 0

    def of_operation(self, operation: str) -> list[AuditEvent]:
        """Return the events of an operation, the intent first."""
        return self._events(select(*_COLUMNS).where(AuditEventRow.operation == operation))

    def _events(self, query: Select[Any]) -> list[AuditEvent]:
        return [AuditEvent(**row) for row in self._rows(query.order_by(AuditEventRow.position))]


def from_stored(position: int, values: Mapping[str, str | None]) -> AuditEvent:
    """Return an event from its columns as they are stored. Raises `ValueError`, `KeyError`."""
    duration = values["duration_ms"]
    texts = {name: values[name] or "" for name in audit_encoding.COLUMNS}
    typed: dict[str, Any] = {
        "position": position,
        "at": datetime.fromisoformat(texts["at"]),
        "arguments": json.loads(texts["arguments"]),
        "duration_ms": None if duration is None else int(duration),
    }
    return AuditEvent(**texts | typed)


_NAMES = ("position", *audit_encoding.COLUMNS, "previous", "hash")
_KNOWN = "SELECT 1 FROM audit_events WHERE operation = ? AND phase = ?"
_HEAD = "SELECT position, hash FROM audit_head WHERE id = 1"
_INSERT = f"INSERT INTO audit_events ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608
_ADVANCE = "UPDATE audit_head SET position = ?, previous = ?, hash = ? WHERE id = 1"
_APPEND_FUNCTION = text(
    f"SELECT audit_append({', '.join(f':{name}' for name in (*audit_encoding.COLUMNS, 'content'))})"
)
_COLUMNS = columns_of(AuditEventRow, AuditEvent)


def _stored(event: AuditEvent) -> dict[str, str | int | None]:
    """The columns of an event as they are stored and hashed."""
    values = {name: getattr(event, name) for name in audit_encoding.COLUMNS}
    values |= {"at": stamp(event.at), "arguments": canonical(event.arguments)}
    return {
        name: audit_encoding.storable(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _append(connection: Connection, stored: dict[str, str | int | None]) -> bool:
    """Append on SQLite, in the one writer's transaction; in the driver's own SQL, because requests wait."""
    event_key = (stored["operation"], stored["phase"])
    if connection.exec_driver_sql(_KNOWN, event_key).first() is not None:
        return False
    position, previous = connection.exec_driver_sql(_HEAD).one()
    position += 1
    values = tuple(stored.values())
    link_hash = audit_encoding.link(previous, position, audit_encoding.digest(audit_encoding.content(values)))
    connection.exec_driver_sql(_INSERT, (position, *values, previous, link_hash))
    connection.exec_driver_sql(_ADVANCE, (position, previous, link_hash))
    return True


def _has_outcome() -> ColumnElement[bool]:
    outcome = aliased(AuditEventRow)
    same_operation = outcome.operation == AuditEventRow.operation
    return select(outcome.position).where(same_operation, outcome.phase == OUTCOME).exists()
