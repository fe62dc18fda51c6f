"""Shows people what they must see of approvals: each new state, and one reminder before the expiry.

Every replica looks; each approval is shown by one of them (the database decides which). What cannot be shown
now is shown later.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.common.problems import Problem
from storage.approvals import Approval, ApprovalRepository

log = structlog.get_logger(__name__)

SECONDS_TO_SHOW = 15.0  # then another replica may try: showing twice updates the same messages
ANSWER_FIRST = timedelta(seconds=2)  # the answer of a request shows a new approval: it is left the time


class ApprovalAnnouncer(Protocol):
    """Shows approvals to people. Both methods raise `Problem`."""

    def announce(self, approval: Approval, /) -> None:
        """Show the newest state."""
        ...

    def remind(self, approval: Approval, /) -> None:
        """Show the one reminder."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalOutbox:
    """Finds what has not been shown yet, and has it shown."""

    repository: ApprovalRepository
    announcer: ApprovalAnnouncer
    remind_before: Callable[[], timedelta]  # how long before the expiry the reminder comes
    now: Callable[[], datetime]

    def show_changes(self) -> None:
        """Show new states, then the reminders that are due. Raises `DatabaseError`."""
        now, before = self.now(), self.remind_before()
        for approval in self.repository.claim_announcements(
            now=now,
            seconds=SECONDS_TO_SHOW,
            fresh=lambda approval: approval.effect is not None and now - approval.made_at < ANSWER_FIRST,
        ):
            if self._shown(self.announcer.announce, approval):  # else its claim ends, and it is tried again
                self.repository.mark_announced(approval.id, version=approval.version)
        for approval in self.repository.claim_reminders(
            now=now, due=lambda approval: approval.expires_at - before <= now
        ):
            self._shown(self.announcer.remind, approval)

    def _shown(self, show: Callable[[Approval], None], approval: Approval) -> bool:
        try:
            show(approval)
        except Problem as unable:
            log.warning("approval not shown yet", approval=approval.id, what=unable.what, why=unable.why)
            return False
        return True
