"""A bounded wait: look again until nothing is waited for, or until the time is over."""

import time
from collections.abc import Callable, Sequence

import tenacity

from bot.common.problems import Problem
from bot.common.wording import first_names

FIRST_PAUSE = 0.1  # seconds; doubled from look to look up to the longest
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
) -> None:
    """Call `look` until it returns nothing that is still waited for, for some seconds at most.

    `what` completes the sentence 'These did not …', `pause` is the longest between two looks in seconds.
    Errors of `look` are passed on. Raises `NotInTime`, which names what was still waited for.
    """
    waits = tenacity.Retrying(
        retry=tenacity.retry_if_result(bool),
        wait=tenacity.wait_exponential(multiplier=FIRST_PAUSE, max=pause),
        stop=tenacity.stop_after_delay(seconds),
        sleep=sleep,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else (),
    )(look)
    if waits:
        named = first_names(waits, LONGEST_NAMED)
        raise NotInTime(f"{len(waits)} did not {what} within {int(seconds)} s", why=named, fix=fix)
