"""What time does to approvals: one that nobody has decided expires, and a time window opens or is missed.

Every replica looks; the database decides which of them changes an approval.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime

from storage.approvals import ApprovalRepository


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalExpiry:
    """Applies the clock to the approvals of all projects."""

    repository: ApprovalRepository
    changed: Callable[[], None]  # an effect may be in the inbox, and people must see the new state
    now: Callable[[], datetime]

    def apply_deadlines(self) -> None:
        """Expire, set off and void what is due. Raises `DatabaseError`."""
        if self.repository.apply_deadlines(now=self.now()):
            self.changed()
