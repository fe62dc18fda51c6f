"""What time does to approvals: one that nobody has decided expires, and a time window opens or is missed.

Every replica looks; the database decides which of them changes an approval.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.common.worker import CountFailure, Worker
from storage.approvals import ApprovalRepository
from storage.database import DatabaseError

INTERVAL = 1.0  # seconds


class ApprovalExpiry:
    """A worker that looks at the clock."""

    def __init__(
        self,
        repository: ApprovalRepository,
        *,
        changed: Callable[[], None],
        now: Callable[[], datetime],
        count_failure: CountFailure = lambda _name: None,
    ) -> None:
        """`changed` is called when an approval has: an effect may be in the inbox, and people must see it."""
        self._repository = repository
        self._changed = changed
        self._now = now
        self._worker = Worker(
            "approval-expiry",
            self.pass_time,
            interval=INTERVAL,
            expected=(DatabaseError,),
            count_failure=count_failure,
        )

    def start(self) -> None:
        """Begin to look at the clock."""
        self._worker.start()

    def stop(self) -> None:
        """Look at the clock no more."""
        self._worker.stop()

    def pass_time(self) -> None:
        """Expire, set off and void what is due. Raises `DatabaseError`."""
        if self._repository.pass_time(now=self._now()):
            self._changed()
