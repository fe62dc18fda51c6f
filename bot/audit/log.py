"""The audit log as requests use it: an intent before, an outcome after, a refusal when nothing was tried.

What is appended is chained by the database (`storage.audit_chain`) and cannot be changed unnoticed.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from bot.common.problems import Problem
from bot.common.redaction import Redactor
from storage.audit_events import INTENT, OUTCOME, AuditEvent, AuditEventRepository, AuditFilter
from storage.database import DatabaseError

PAGE_SIZE = 20
LONGEST_DETAIL = 2_000  # characters of an error's text that are kept
LONGEST_NAME = 255


class AuditUnavailable(Problem):
    """The audit log cannot be written or read, so nothing is changed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditSubject:
    """Who asked for what, where and on what: the part that the events of an operation share."""

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
    """Appends events and finds them."""

    def __init__(
        self,
        repository: AuditEventRepository,
        *,
        now: Callable[[], datetime],
        redactor: Redactor | None = None,
    ) -> None:
        """Without a redactor, one that knows the shapes of secrets alone hides them."""
        self._repository = repository
        self._now = now
        self._redactor = redactor or Redactor()

    def intend(self, subject: AuditSubject) -> bool:
        """Write what is about to be done; False if an earlier attempt of this operation has.

        Raises `AuditUnavailable`: then it must not be done.
        """
        return self._append(subject, INTENT)

    def conclude(
        self, subject: AuditSubject, *, outcome: str, detail: str = "", duration_ms: int | None = None
    ) -> bool:
        """Write what came of it; False if an outcome was written before. Raises `AuditUnavailable`."""
        return self._append(
            subject, OUTCOME, outcome=outcome, detail=detail[:LONGEST_DETAIL], duration_ms=duration_ms
        )

    def _append(self, subject: AuditSubject, phase: str, **fields: Any) -> bool:
        try:
            return self._repository.append(self._event(subject, phase, **fields))
        except DatabaseError as error:
            raise AuditUnavailable(
                "The audit log cannot be written, so nothing is done",
                why=str(error),
                fix="Look at the database, then try again.",
            ) from error

    def _event(self, subject: AuditSubject, phase: str, **fields: Any) -> AuditEvent:
        """Return an event without secrets, cut to what its columns hold."""
        values: dict[str, Any] = dataclasses.asdict(subject) | {"phase": phase, "at": self._now(), **fields}
        hidden = {name: self._redactor.hide_in(value) for name, value in values.items()}
        for name in ("target", "actor_name"):
            hidden[name] = str(hidden[name])[:LONGEST_NAME]
        return AuditEvent(**hidden)  # type: ignore[arg-type]

    def open_intents(self, *, after: int = 0) -> list[AuditEvent]:
        """Return the intents behind a position that have no outcome, oldest first. Raises
        `AuditUnavailable`.
        """
        with _readable():
            return self._repository.open_intents(after=after)

    def close(self, intent: AuditEvent, *, outcome: str, detail: str, target: str = "") -> bool:
        """Write the outcome of an intent that was left open; False if somebody else did. Raises
        `AuditUnavailable`.
        """
        shared = {field.name: getattr(intent, field.name) for field in dataclasses.fields(AuditSubject)}
        subject = AuditSubject(**(shared | {"target": intent.target or target}))
        return self.conclude(subject, outcome=outcome, detail=detail)

    def find(self, events: AuditFilter, *, page: int) -> AuditPage:
        """Return a page; pages are counted from 1, and one beyond the last is the last. Raises
        `AuditUnavailable`.
        """
        with _readable():
            _, total = self._repository.find(events, offset=0, limit=1)
            pages = max(1, -(-total // PAGE_SIZE))
            number = min(max(page, 1), pages)
            rows, _ = self._repository.find(events, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        return AuditPage(events=tuple(rows), page=number, pages=pages, total=total)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise AuditUnavailable(
            "The audit log cannot be read", why=str(error), fix="Look at the database."
        ) from error
