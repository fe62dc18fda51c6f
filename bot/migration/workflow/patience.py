"""What a server keeps from being done is tried again for a while; what lasts longer is for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.clusters.magnum_errors import MagnumFailed, MagnumUnreachable
from bot.kube.errors import Conflict, Expired, FieldConflict, ServerFailed, TooManyRequests, Unreachable
from bot.migration.waiting import LONGEST_NAMED, NotInTime
from bot.migration.workflow.grounds import Json
from bot.migration.workflow.unsettled import Unsettled
from bot.problems import Problem
from bot.wording import lasting

TRANSIENT = (
    Unreachable,
    TooManyRequests,
    ServerFailed,
    Expired,
    Conflict,
    MagnumUnreachable,
    MagnumFailed,
    Unsettled,
)
PATIENCE = (0.5, 1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0)  # seconds between two tries
PATIENT_FOR = timedelta(seconds=60)  # after that nothing is tried again by itself


def patiently(
    fn: Callable[[], Json], *, now: Callable[[], datetime], pause: Callable[[float], None],
    told: Callable[[Problem], None],
) -> Json:  # fmt: skip
    """Do something, again while a server does not let it be done. Raises its `Problem` in the end."""
    begun = now()
    for seconds in PATIENCE:
        try:
            return fn()
        except TRANSIENT as error:
            if isinstance(error, FieldConflict) or now() - begun > PATIENT_FOR:
                raise
            told(error)
            pause(seconds)
    return fn()


def late(left: Sequence[str], what: str, within: timedelta, fix: str) -> NotInTime:
    """What was waited for has not come true in its time."""
    more = f" and {len(left) - LONGEST_NAMED} more" if len(left) > LONGEST_NAMED else ""
    return NotInTime(
        f"{len(left)} did not {what} within {lasting(within)}", why=", ".join(left[:LONGEST_NAMED]) + more,
        fix=fix or "Look at them, then resume: I look again.",
    )  # fmt: skip
