"""Intents whose request is gone are closed with the truth, which is read from the target.

An intent whose request is still in the inbox is not touched: the pool takes that request up again, and
its service looks at the target. A terminal's requests are in no inbox: they are given an hour. The person
is told in the thread, then the intent is closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.actions.action import Action, Effect
from bot.actions.request import Entry
from bot.actions.service import Outcome, Readback, TargetReader
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import CannotAnswer
from storage.audit import AuditEvent

log = structlog.get_logger(__name__)

LONGEST_IN_A_TERMINAL = timedelta(hours=1)
SETTLED_AFTER = timedelta(minutes=1)  # what was sent just before a crash may still be on its way
TELL_FOR = timedelta(hours=1)  # if Slack does not answer for so long, the audit log has the end alone
READ_FOR = timedelta(hours=24)  # a target that cannot be read for so long is told as unknown
EVERY = 60.0  # seconds between two looks


class Notify(Protocol):
    """Tells the person, where the request was answered. Raises `Problem`."""

    def __call__(self, intent: AuditEvent, found: Readback, /) -> None: ...


class Recovery:
    """Closes intents that no request will ever close: at the start, and as other processes die."""

    def __init__(
        self,
        audit: AuditLog,
        *,
        readers: Mapping[str, TargetReader],
        is_open: Callable[[str], bool],
        tell: Notify,
        now: Callable[[], datetime],
    ) -> None:
        """`readers` by action; `is_open` says whether an operation is still worked on."""
        self._audit = audit
        self._readers = readers
        self._is_open = is_open
        self._tell = tell
        self._now = now
        self._after = 0  # up to this position every intent is closed
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recovery", daemon=True)

    def start(self) -> None:
        """Begin, on a thread of its own: targets may be slow to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being read now is read again after the next start."""
        self._ending.set()

    def close(self) -> int:
        """Close what can be closed now; return how many. Raises `AuditUnavailable`."""
        intents = self._audit.open_intents(after=self._after)
        closed, left = 0, []
        for intent in intents:
            if self._ending.is_set():
                return closed
            done = self._settle(intent)
            closed += done is True
            if done is None:
                left.append(intent.position or 0)
        newest = max((intent.position or 0 for intent in intents), default=self._after)
        self._after = min(left) - 1 if left else newest
        return closed

    def _settle(self, intent: AuditEvent) -> bool | None:
        """True if it was closed here, False if somebody else did, None if it stays open."""
        age = self._now() - intent.at
        least = LONGEST_IN_A_TERMINAL if intent.entry == Entry.TERMINAL else SETTLED_AFTER
        if age < least or self._is_open(intent.operation):
            return None
        try:
            found = self._read(intent)
        except Problem as unreadable:
            if age < READ_FOR:
                log.warning(
                    "target of a cut off request not read", operation=intent.operation, why=unreadable.why
                )
                return None
            found = _unknown(intent, f"{unreadable.what}: {unreadable.why}")
        if not self._said(intent, found) and age < TELL_FOR:
            return None
        if not self._audit.close(intent, outcome=found.outcome, detail=found.detail, target=found.target):
            return False
        log.warning(
            "intent without an end closed",
            operation=intent.operation,
            action=intent.action,
            outcome=found.outcome,
        )
        return True

    def _read(self, intent: AuditEvent) -> Readback:
        kind = Action.known().get(intent.action)
        if kind is not None and kind.effect is not Effect.CHANGE:
            return Readback(outcome=Outcome.FAILED, detail="cut off before its answer; it changed nothing")
        reader = self._readers.get(intent.action)
        return _unknown(intent, "") if reader is None else reader(intent)

    def _said(self, intent: AuditEvent, found: Readback) -> bool:
        """Told before it is closed: after a crash in between it is told again, in the same message."""
        try:
            self._tell(intent, found)
        except CannotAnswer as unable:  # and never will
            log.warning("end not told", operation=intent.operation, what=unable.what, why=unable.why)
        except Problem as unable:
            log.warning("end not told yet", operation=intent.operation, what=unable.what, why=unable.why)
            return False
        return True

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self.close()
            except Problem as problem:
                log.error("cut off requests not looked for", what=problem.what, why=problem.why)
            except Exception:
                log.exception("cut off requests not looked for")
            self._ending.wait(EVERY)


def _unknown(intent: AuditEvent, why: str) -> Readback:
    check = f"check {intent.target or 'the target'} of {intent.action.replace('.', ' ')}"
    return Readback(
        outcome=Outcome.UNKNOWN,
        detail=f"cut off before its end was recorded; {check}{f' ({why})' if why else ''}",
    )
