"""The audit log as requests use it: an intent before, an outcome after, a refusal when it was not tried."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.common.problems import Problem
from bot.common.redaction import Redactor
from storage.audit import INTENT, OUTCOME, AuditEvent, AuditFilter, AuditRepository
from storage.database import DatabaseError

PAGE_SIZE = 20
LONGEST_DETAIL = 2_000  # characters of an error's text that are kept
LONGEST_NAME = 255


class AuditUnavailable(Problem):
    """The audit log cannot be written or read, so nothing is changed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditSubject:
    """Who, where, what, on what: the part that an operation's events share."""

    operation: str
    reference: str
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditPage:
    """A page of the log, newest first; an open intent has no outcome."""

    events: tuple[AuditEvent, ...]
    page: int  # from 1
    pages: int
    total: int


class AuditLog:
    """Appends and finds events."""

    def __init__(
        self, repository: AuditRepository, *, now: Callable[[], datetime], redactor: Redactor | None = None
    ) -> None:
        """Without a filter for secrets, one that knows shapes alone."""
        self._repository = repository
        self._now = now
        self._redactor = redactor or Redactor()

    def intend(self, subject: AuditSubject) -> bool:
        """Write what is about to be done; False if this operation said so before (a second attempt).

        Raises `AuditUnavailable`: then it must not be done.
        """
        return self._append(subject, INTENT)

    def conclude(
        self, subject: AuditSubject, *, outcome: str, detail: str = "", duration_ms: int | None = None
    ) -> bool:
        """Write what came of it; False if that was written before. Raises `AuditUnavailable`."""
        return self._append(
            subject, OUTCOME, outcome=outcome, detail=detail[:LONGEST_DETAIL], duration_ms=duration_ms
        )

    def _append(self, subject: AuditSubject, phase: str, **more: Any) -> bool:
        try:
            return self._repository.append(self._event(subject, phase, **more))
        except DatabaseError as error:
            raise AuditUnavailable(
                "The audit log cannot be written, so nothing is done",
                why=str(error),
                fix="Look at the database, then try again.",
            ) from error

    def _event(self, subject: AuditSubject, phase: str, **more: Any) -> AuditEvent:
        """An event as it may be kept: without secrets, and within what its columns hold."""
        values: dict[str, Any] = dataclasses.asdict(subject) | {"phase": phase, "at": self._now(), **more}
        hidden = {name: self._redactor.hide_in(value) for name, value in values.items()}
        for name in ("target", "actor_name"):
            hidden[name] = str(hidden[name])[:LONGEST_NAME]
        return AuditEvent(**hidden)  # type: ignore[arg-type]

    def outcome_of(self, operation: str) -> AuditEvent | None:
        """What came of an operation, if that is known."""
        return next((event for event in self._read(operation) if event.phase == OUTCOME), None)

    def has_intent(self, operation: str) -> bool:
        """Whether an operation was begun."""
        return any(event.phase == INTENT for event in self._read(operation))

    def _read(self, operation: str) -> list[AuditEvent]:
        try:
            return self._repository.of_operation(operation)
        except DatabaseError as error:
            raise AuditUnavailable(
                "The audit log cannot be read", why=str(error), fix="Look at the database."
            ) from error

    def open_intents(self, *, after: int = 0) -> list[AuditEvent]:
        """Intents behind a position without an outcome, oldest first. Raises `AuditUnavailable`."""
        try:
            return self._repository.open_intents(after=after)
        except DatabaseError as error:
            raise AuditUnavailable(
                "The audit log cannot be read", why=str(error), fix="Look at the database."
            ) from error

    def close(self, intent: AuditEvent, *, outcome: str, detail: str, target: str = "") -> bool:
        """Write the outcome of an intent that was left open; False if somebody else did. Raises
        `AuditUnavailable`.
        """
        shared = {field.name: getattr(intent, field.name) for field in dataclasses.fields(AuditSubject)}
        about = AuditSubject(**(shared | {"target": intent.target or target}))
        return self.conclude(about, outcome=outcome, detail=detail)

    def find(self, wanted: AuditFilter, *, page: int) -> AuditPage:
        """Return a page; pages are counted from 1, and one beyond the last is the last."""
        try:
            _, total = self._repository.find(wanted, offset=0, limit=1)
            pages = max(1, -(-total // PAGE_SIZE))
            shown = min(max(page, 1), pages)
            events, _ = self._repository.find(wanted, offset=(shown - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        except DatabaseError as error:
            raise AuditUnavailable(
                "The audit log cannot be read", why=str(error), fix="Look at the database."
            ) from error
        return AuditPage(events=tuple(events), page=shown, pages=pages, total=total)
