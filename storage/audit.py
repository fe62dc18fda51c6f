"""The audit log's rows: appended, never changed; the database itself refuses anything else."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from storage.database import Database
from storage.models import AuditRow

INTENT, OUTCOME = "intent", "outcome"


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


class AuditRepository:
    """The audit log in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: AuditEvent) -> bool:
        """Append an event; False if the operation has one of this phase already."""
        values = dataclasses.asdict(event)
        del values["position"]
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(AuditRow).values(**values))
            except IntegrityError:
                return False
        return True

    def find(self, wanted: AuditFilter, *, offset: int, limit: int) -> tuple[list[AuditEvent], int]:
        """Return a page of closed events and open intents, newest first, and how many there are in all."""
        statement = _matching(wanted)
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
            page = statement.order_by(AuditRow.position.desc()).offset(offset).limit(limit)
            rows = connection.execute(page).mappings().all()
        return [AuditEvent(**row) for row in rows], total

    def open_intents(self) -> list[AuditEvent]:
        """Return the intents that have no outcome yet, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_open().order_by(AuditRow.position)).mappings().all()
        return [AuditEvent(**row) for row in rows]

    def of_operation(self, operation: str) -> list[AuditEvent]:
        """Return an operation's events, intent first."""
        statement = select(*_COLUMNS).where(AuditRow.operation == operation).order_by(AuditRow.position)
        with self._database.reading() as connection:
            return [AuditEvent(**row) for row in connection.execute(statement).mappings()]


_COLUMNS = [getattr(AuditRow, field.name) for field in dataclasses.fields(AuditEvent)]


def _open() -> Select[Any]:
    outcome = aliased(AuditRow)
    closed = select(outcome.position).where(outcome.operation == AuditRow.operation, outcome.phase == OUTCOME)
    return select(*_COLUMNS).where(AuditRow.phase == INTENT, ~closed.exists())


def _matching(wanted: AuditFilter) -> Select[Any]:
    outcome = aliased(AuditRow)
    closed = select(outcome.position).where(outcome.operation == AuditRow.operation, outcome.phase == OUTCOME)
    statement = select(*_COLUMNS).where((AuditRow.phase == OUTCOME) | ~closed.exists())
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
