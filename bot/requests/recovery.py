"""At the start: intents whose request is gone are closed with the truth, which is that nobody knows.

An intent whose request is still in the inbox is not touched: the pool takes that request up again, and
its service looks at the target. A terminal's requests are in no inbox: they are given an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.audit.log import AuditLog
from bot.requests.incoming import Entry
from bot.requests.service import Outcome

log = structlog.get_logger(__name__)

LONGEST_IN_A_TERMINAL = timedelta(hours=1)


def close_orphans(audit: AuditLog, *, is_open: Callable[[str], bool], now: datetime) -> int:
    """Close open intents that no request will ever close; return how many."""
    closed = 0
    for intent in audit.open_intents():
        fresh = intent.entry == Entry.TERMINAL and now - intent.at < LONGEST_IN_A_TERMINAL
        if fresh or is_open(intent.operation):
            continue
        detail = f"cut off before its end was recorded; check {intent.target or 'the target'} of {intent.action}"
        audit.close(intent, outcome=Outcome.UNKNOWN, detail=detail)
        log.warning("intent without an end closed", operation=intent.operation, action=intent.action)
        closed += 1
    return closed
