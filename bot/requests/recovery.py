"""Closes the audit intents of requests that a crash has lost, with what the target of each says.

An intent whose request is still in the inbox is left alone: the pool handles that request again, and its
service looks at the target. A terminal's requests are in no inbox, so they are given an hour. The person is
told in the thread first, then the intent is closed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.actions.action import Action, Effect
from bot.actions.request import EntryPoint
from bot.actions.service import Outcome, Readback, TargetReader
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import CannotAnswer
from storage.audit_events import AuditEvent

log = structlog.get_logger(__name__)

LONGEST_IN_A_TERMINAL = timedelta(hours=1)
SETTLED_AFTER = timedelta(minutes=1)  # what was sent just before a crash may still be on its way
NOTIFY_FOR = timedelta(hours=1)  # if Slack does not answer for so long, the audit log has the end alone
READ_FOR = timedelta(hours=24)  # a target that cannot be read for so long is told as unknown


class Notify(Protocol):
    """Tells the person, where the request was answered. Raises `Problem`."""

    def __call__(self, intent: AuditEvent, readback: Readback, /) -> None: ...


class Recovery:
    """Closes the intents that no request will ever close: at the start, and as other processes die."""

    def __init__(
        self,
        audit: AuditLog,
        *,
        readers: Mapping[str, TargetReader],
        is_open: Callable[[str], bool],
        notify: Notify,
        now: Callable[[], datetime],
    ) -> None:
        """`readers` are by the action's name; `is_open` says whether an operation is still worked on."""
        self._audit = audit
        self._readers = readers
        self._is_open = is_open
        self._notify = notify
        self._now = now
        self._after = 0  # up to this position every intent is closed

    def close_intents(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Close what can be closed now, until `stopping`; return how many. Raises `AuditUnavailable`."""
        intents = self._audit.open_intents(after=self._after)
        closed = 0
        still_open: list[int] = []
        for intent in intents:
            if stopping():
                return closed
            settled = self._settle(intent)
            closed += settled is True
            if settled is None:
                still_open.append(intent.position or 0)
        newest = max((intent.position or 0 for intent in intents), default=self._after)
        self._after = min(still_open) - 1 if still_open else newest
        return closed

    def _settle(self, intent: AuditEvent) -> bool | None:
        """Return True if it was closed here, False if somebody else did, None if it stays open."""
        age = self._now() - intent.at
        least = LONGEST_IN_A_TERMINAL if intent.entry == EntryPoint.TERMINAL else SETTLED_AFTER
        if age < least or self._is_open(intent.operation):
            return None
        readback = self._read(intent, age)
        if readback is None or (not self._told(intent, readback) and age < NOTIFY_FOR):
            return None
        if not self._audit.close(
            intent, outcome=readback.outcome, detail=readback.detail, target=readback.target
        ):
            return False
        log.warning(
            "intent without an end closed",
            operation=intent.operation,
            action=intent.action,
            outcome=readback.outcome,
        )
        return True

    def _read(self, intent: AuditEvent, age: timedelta) -> Readback | None:
        """Return what the target says; None if it cannot be read yet."""
        kind = Action.registered().get(intent.action)
        if kind is not None and kind.effect is not Effect.CHANGE:
            return Readback(outcome=Outcome.FAILED, detail="cut off before its answer; it changed nothing")
        reader = self._readers.get(intent.action)
        if reader is None:
            return _unknown(intent, "")
        try:
            return reader(intent)
        except Problem as unreadable:
            if age >= READ_FOR:
                return _unknown(intent, f"{unreadable.what}: {unreadable.why}")
            log.warning(
                "target of a cut off request not read", operation=intent.operation, why=unreadable.why
            )
            return None

    def _told(self, intent: AuditEvent, readback: Readback) -> bool:
        """Tell the person; False if that may succeed later.

        It comes before the intent is closed: after a crash in between it is told again, in the same message.
        """
        try:
            self._notify(intent, readback)
        except CannotAnswer as unable:
            log.warning("end not told", operation=intent.operation, what=unable.what, why=unable.why)
        except Problem as unable:
            log.warning("end not told yet", operation=intent.operation, what=unable.what, why=unable.why)
            return False
        return True


def _unknown(intent: AuditEvent, why: str) -> Readback:
    check = f"check {intent.target or 'the target'} of {intent.action.replace('.', ' ')}"
    return Readback(
        outcome=Outcome.UNKNOWN,
        detail=f"cut off before its end was recorded; {check}{f' ({why})' if why else ''}",
    )
