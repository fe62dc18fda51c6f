"""Shows people what they must see of approvals: each new state, and one reminder before the expiry.

Every replica looks; each approval is shown by one of them (the database decides which). What cannot be shown
now is shown later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.common.problems import Problem
from bot.common.worker import CountFailure, Worker
from storage.approvals import Approval, ApprovalRepository
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

INTERVAL = 1.0  # seconds
SECONDS_TO_SHOW = 15.0  # then another replica may try: showing twice updates the same messages
ANSWER_FIRST = timedelta(seconds=2)  # the answer of a request shows a new approval: it is left the time


class ApprovalAnnouncer(Protocol):
    """Shows approvals to people."""

    def announce(self, approval: Approval, /) -> None:
        """Show the newest state. Raises `Problem`."""
        ...

    def remind(self, approval: Approval, /) -> None:
        """Show the one reminder. Raises `Problem`."""
        ...


class ApprovalOutbox:
    """A worker that shows what has changed."""

    def __init__(
        self,
        repository: ApprovalRepository,
        announcer: ApprovalAnnouncer,
        *,
        remind: Callable[[], timedelta],
        now: Callable[[], datetime],
        count_failure: CountFailure = lambda _name: None,
    ) -> None:
        """`remind` says how long before the expiry the reminder comes."""
        self._repository = repository
        self._announcer = announcer
        self._remind_before = remind
        self._now = now
        self._worker = Worker(
            "approval-outbox",
            self.show_changes,
            interval=INTERVAL,
            expected=(DatabaseError,),
            count_failure=count_failure,
        )

    def start(self) -> None:
        """Begin to show changes."""
        self._worker.start()

    def stop(self) -> None:
        """Show no more changes."""
        self._worker.stop()

    def wake(self) -> None:
        """Look now: an approval has changed."""
        self._worker.wake()

    def show_changes(self) -> None:
        """Show new states, then the reminders that are due. Raises `DatabaseError`."""
        now = self._now()
        for approval in self._repository.announce(
            now=now,
            seconds=SECONDS_TO_SHOW,
            fresh=lambda approval: approval.effect is not None and now - approval.made_at < ANSWER_FIRST,
        ):
            self._announce(approval)
        before = self._remind_before()
        for approval in self._repository.remind(
            now=now, due=lambda approval: approval.expires_at - before <= now
        ):
            try:
                self._announcer.remind(approval)
            except Problem as unable:
                log.warning("reminder not shown", approval=approval.id, what=unable.what, why=unable.why)

    def _announce(self, approval: Approval) -> None:
        try:
            self._announcer.announce(approval)
        except Problem as unable:
            log.warning("approval not shown yet", approval=approval.id, what=unable.what, why=unable.why)
            return  # its claim ends, and it is tried again
        self._repository.announced(approval.id, version=approval.version)
