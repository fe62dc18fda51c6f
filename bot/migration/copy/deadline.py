"""Looks again until nothing is waited for, or the time is over. What it waits for is always told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bot.common.problems import Problem

LONGEST_NAMED = 5


class NotInTime(Problem):
    """Something that a migration waits for did not come true in its time; nothing was skipped."""


def until(
    look: Callable[[], Sequence[str]],
    *,
    what: str,
    seconds: float,
    fix: str = "",
    pause: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
    told: Callable[[Sequence[str]], None] = lambda _waits: None,
) -> None:
    """Call `look` until it returns nothing; `told` hears what is still waited for. Raises `NotInTime`.

    `what` completes 'These did not …'. Errors of `look` pass through.
    """
    end = time.monotonic() + seconds
    interval = min(pause, 0.1)
    while True:
        left = look()
        told(left)
        if not left:
            return
        if time.monotonic() >= end:
            named = ", ".join(left[:LONGEST_NAMED]) + (
                f" and {len(left) - LONGEST_NAMED} more" if len(left) > LONGEST_NAMED else ""
            )
            raise NotInTime(f"{len(left)} did not {what} within {int(seconds)} s", why=named, fix=fix)
        sleep(max(0.0, min(interval, end - time.monotonic())))
        interval = min(pause, interval * 2)
