"""Keeps approvals moving: what expires, whose window has come, who is reminded, what people must see.

Every replica looks; each thing is done by one of them (the database decides which). What cannot be shown now
is shown later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.common.problems import Problem
from storage.approvals import Approval, ApprovalRepository
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
SECONDS_TO_SHOW = 15.0  # then another replica may try: showing twice updates the same messages
ANSWER_FIRST = timedelta(seconds=2)  # the answer of a request shows a new approval: it is left the time


class Announces(Protocol):
    """Shows approvals to people."""

    def announce(self, found: Approval) -> None:
        """Show the newest state. Raises `Problem`."""
        ...

    def remind(self, found: Approval) -> None:
        """Show the one reminder. Raises `Problem`."""
        ...


class ApprovalOutbox:
    """One thread that looks at approvals again and again."""

    def __init__(
        self,
        repository: ApprovalRepository,
        announcer: Announces,
        *,
        remind: Callable[[], timedelta],
        wake: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._announcer = announcer
        self._remind = remind  # how long before the end
        self._wake = wake  # an effect may have been set off
        self._now = now
        self._changed = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="approvals", daemon=True)

    def start(self) -> None:
        """Begin looking."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ending = True
        self._changed.set()
        self._thread.join(timeout=5)

    def changed(self) -> None:
        """Look now."""
        self._wake()
        self._changed.set()

    def look(self) -> None:
        """Do what is due. Raises `DatabaseError`."""
        now = self._now()
        if self._repository.pass_time(now=now):
            self._wake()
        for found in self._repository.announce(
            now=now,
            seconds=SECONDS_TO_SHOW,
            fresh=lambda each: each.effect is not None and now - each.made_at < ANSWER_FIRST,
        ):
            self._show(found)
        due = self._remind()
        for found in self._repository.remind(now=now, due=lambda each: each.expires_at - due <= now):
            try:
                self._announcer.remind(found)
            except Problem as unable:
                log.warning("reminder not shown", approval=found.id, what=unable.what, why=unable.why)

    def _show(self, found: Approval) -> None:
        try:
            self._announcer.announce(found)
        except Problem as unable:
            log.warning("approval not shown yet", approval=found.id, what=unable.what, why=unable.why)
            return  # its claim ends, and it is tried again
        self._repository.announced(found.id, version=found.version)

    def _run(self) -> None:
        while not self._ending:
            try:
                self.look()
            except DatabaseError as error:
                log.error("approvals not looked at", why=str(error))
            except Exception:
                log.exception("approvals not looked at")
            self._changed.wait(LOOK_SECONDS)
            self._changed.clear()
