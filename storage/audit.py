"""The audit log's rows: appended, never changed; the database itself refuses anything else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, text
from sqlalchemy.orm import aliased

from storage import chain
from storage.database import Database
from storage.models import AuditRow, canonical, stamp

INTENT, OUTCOME = "intent", "outcome"
EXPORTED = 2_000  # events that an export reads at once


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """One event. `phase` is intent or outcome; an operation has at most one of each."""

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
    position: int | None = None  # given by the database


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which events: None means any. `action` matches a name or a family (`template`)."""

    project: str | None = None
    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    but: str | None = None  # an operation that is left out: the one that asks

    def fits(self, event: AuditEvent) -> bool:
        """Whether an event is wanted, for events that are in no database."""
        return (
            self.project in (None, event.project)
            and self.actor in (None, event.actor, event.actor_name)
            and (self.action in (None, event.action) or event.action.startswith(f"{self.action}."))
            and self.target in (None, event.target)
            and self.outcome in (None, event.outcome)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at <= self.until)
            and event.operation != self.but
        )


class AuditRepository:
    """The audit log in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: AuditEvent) -> bool:
        """Append an event as the chain's next link; False if the operation has one of this phase already."""
        stored = _stored(event)
        if self._database.dialect == "postgresql":
            return self._call(stored)
        with self._database.writing() as connection:
            return _append(connection, stored)

    def _call(self, stored: dict[str, str | int | None]) -> bool:
        """One statement, committed by itself: the head's lock is held for no round trip of ours."""
        given = {**stored, "content": chain.digest(chain.content(stored[name] for name in chain.COLUMNS))}
        with self._database.at_once() as connection:
            return connection.execute(_CALL, given).scalar() is not None

    def find(self, wanted: AuditFilter, *, offset: int, limit: int) -> tuple[list[AuditEvent], int]:
        """Return a page of closed events and open intents, newest first, and how many there are in all."""
        statement = _matching(wanted)
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
            page = statement.order_by(AuditRow.position.desc()).offset(offset).limit(limit)
            rows = connection.execute(page).mappings().all()
        return [AuditEvent(**row) for row in rows], total

    def open_intents(self, *, after: int = 0) -> list[AuditEvent]:
        """Return the intents behind a position that have no outcome yet, oldest first."""
        statement = _open().where(AuditRow.position > after).order_by(AuditRow.position)
        with self._database.reading() as connection:
            rows = connection.execute(statement).mappings().all()
        return [AuditEvent(**row) for row in rows]

    def everything(self, wanted: AuditFilter | None = None) -> Iterator[AuditEvent]:
        """Every event in order, intents too, read in parts: memory does not grow with their number."""
        statement = (
            _fitting(select(*_COLUMNS), wanted or AuditFilter()).order_by(AuditRow.position).limit(EXPORTED)
        )
        last = 0
        while True:
            with self._database.reading() as connection:
                part = [
                    AuditEvent(**row)
                    for row in connection.execute(statement.where(AuditRow.position > last)).mappings()
                ]
            yield from part
            if len(part) < EXPORTED:
                return
            last = part[-1].position or 0

    def of_operation(self, operation: str) -> list[AuditEvent]:
        """Return an operation's events, intent first."""
        statement = select(*_COLUMNS).where(AuditRow.operation == operation).order_by(AuditRow.position)
        with self._database.reading() as connection:
            return [AuditEvent(**row) for row in connection.execute(statement).mappings()]


_CALL = text(f"SELECT audit_append({', '.join(f':{name}' for name in (*chain.COLUMNS, 'content'))})")


def _stored(event: AuditEvent) -> dict[str, str | int | None]:
    """An event's columns as they are stored and hashed."""
    values = {name: getattr(event, name) for name in chain.COLUMNS}
    values |= {"at": stamp(event.at), "arguments": canonical(event.arguments)}
    return {
        name: chain.storable(value) if isinstance(value, str) else value for name, value in values.items()
    }


def from_stored(position: int, values: Mapping[str, str | None]) -> AuditEvent:
    """An event from its columns as they are stored. Raises `ValueError`, `KeyError`."""
    duration = values["duration_ms"]
    texts = {name: values[name] or "" for name in chain.COLUMNS}
    return AuditEvent(
        **texts
        | {  # type: ignore[arg-type]
            "position": position,
            "at": datetime.fromisoformat(texts["at"]),
            "arguments": json.loads(texts["arguments"]),
            "duration_ms": None if duration is None else int(duration),
        }
    )


def _append(connection: Connection, stored: dict[str, str | int | None]) -> bool:
    """Append within a transaction that is the one writer's. The driver's own SQL: each event is waited
    for.
    """
    known = (stored["operation"], stored["phase"])
    if connection.exec_driver_sql(_KNOWN, known).first() is not None:
        return False
    head = connection.exec_driver_sql(_HEAD).one()
    position, previous = head[0] + 1, head[1]
    values = tuple(stored.values())
    hashed = chain.link(previous, position, chain.digest(chain.content(values)))
    connection.exec_driver_sql(_INSERT, (position, *values, previous, hashed))
    connection.exec_driver_sql(_ADVANCE, (position, previous, hashed))
    return True


_NAMES = ("position", *chain.COLUMNS, "previous", "hash")
_KNOWN = "SELECT 1 FROM audit_events WHERE operation = ? AND phase = ?"
_HEAD = "SELECT position, hash FROM audit_head WHERE id = 1"
_INSERT = f"INSERT INTO audit_events ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608
_ADVANCE = "UPDATE audit_head SET position = ?, previous = ?, hash = ? WHERE id = 1"
_COLUMNS = [getattr(AuditRow, field.name) for field in dataclasses.fields(AuditEvent)]


def _open() -> Select[Any]:
    outcome = aliased(AuditRow)
    closed = select(outcome.position).where(outcome.operation == AuditRow.operation, outcome.phase == OUTCOME)
    return select(*_COLUMNS).where(AuditRow.phase == INTENT, ~closed.exists())


def _matching(wanted: AuditFilter) -> Select[Any]:
    outcome = aliased(AuditRow)
    closed = select(outcome.position).where(outcome.operation == AuditRow.operation, outcome.phase == OUTCOME)
    return _fitting(select(*_COLUMNS).where((AuditRow.phase == OUTCOME) | ~closed.exists()), wanted)


def _fitting(statement: Select[Any], wanted: AuditFilter) -> Select[Any]:
    if wanted.but is not None:
        statement = statement.where(AuditRow.operation != wanted.but)
    if wanted.project is not None:
        statement = statement.where(AuditRow.project == wanted.project)
    if wanted.actor is not None:
        statement = statement.where((AuditRow.actor == wanted.actor) | (AuditRow.actor_name == wanted.actor))
    if wanted.action is not None:
        family = AuditRow.action.startswith(f"{wanted.action}.", autoescape=True)
        statement = statement.where((AuditRow.action == wanted.action) | family)
    if wanted.target is not None:
        statement = statement.where(AuditRow.target == wanted.target)
    if wanted.outcome is not None:
        statement = statement.where(AuditRow.outcome == wanted.outcome)
    if wanted.since is not None:
        statement = statement.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditRow.at <= wanted.until)
    return statement
