"""What a server keeps from being done is tried again for a while; what lasts longer is for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.adapters.kube.errors import (
    Conflict,
    Expired,
    FieldConflict,
    ServerFailed,
    TooManyRequests,
    Unreachable,
)
from bot.adapters.openstack.magnum_errors import MagnumFailed, MagnumUnreachable
from bot.common.problems import Problem
from bot.common.wording import lasting
from bot.migration.copy.deadline import LONGEST_NAMED, NotInTime
from bot.migration.workflow.failures import WriteConflict
from bot.migration.workflow.ports import Json

TRANSIENT = (
    Unreachable,
    TooManyRequests,
    ServerFailed,
    Expired,
    Conflict,
    MagnumUnreachable,
    MagnumFailed,
    WriteConflict,
)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between two tries
LONGER = 1.6  # is each pause than the one before


def retry_transient(
    fn: Callable[[], Json],
    *,
    within: timedelta,
    now: Callable[[], datetime],
    pause: Callable[[float], None],
    told: Callable[[Problem], None],
) -> Json:
    """Do something, again while a server does not let it be done. Raises its `Problem` when the time is
    over.
    """
    begun, seconds = now(), FIRST_PAUSE
    while True:
        try:
            return fn()
        except TRANSIENT as error:
            if isinstance(error, FieldConflict) or now() - begun >= within:
                raise
            told(error)
        pause(seconds)
        seconds = min(seconds * LONGER, LONGEST_PAUSE)


def timed_out(left: Sequence[str], what: str, within: timedelta, fix: str) -> NotInTime:
    """What was waited for has not come true in its time."""
    more = f" and {len(left) - LONGEST_NAMED} more" if len(left) > LONGEST_NAMED else ""
    return NotInTime(
        f"{len(left)} did not {what} within {lasting(within)}",
        why=", ".join(left[:LONGEST_NAMED]) + more,
        fix=fix or "Look at them, then resume: I look again.",
    )
