"""Bounded retries of requests to Kubernetes and OpenStack.

The client of an API decides what may be repeated, and raises `TryAgain` for that alone. A server that names a
pause (Retry-After) gets it, up to a cap; otherwise pauses grow exponentially.
"""

import dataclasses
import math
import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

T = TypeVar("T")


class TryAgain(Exception):
    """An attempt has failed with `error` and may be repeated, up to `attempts` in all."""

    def __init__(self, error: Exception, *, pause: float = 0.0, attempts: float = math.inf) -> None:
        """`pause` is how many seconds the server asks for, 0 if it does not."""
        super().__init__(str(error))
        self.error = error
        self.pause = pause
        self.attempts = attempts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backoff:
    """How often a request is sent at most, and the seconds between: they double from `first_pause` on."""

    attempts: int
    first_pause: float
    longest_pause: float


def retried(
    attempt: Callable[[], T],
    backoff: Backoff,
    *,
    deadline: float = math.inf,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Return what `attempt` returns, calling it again while it raises `TryAgain`.

    No pause ends after the `deadline` (a `time.monotonic()`). Raises the error of the last attempt.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        pause = _failure(state).pause or backoff.first_pause * 2 ** (state.attempt_number - 1)
        return min(pause, backoff.longest_pause)

    def stop(state: tenacity.RetryCallState) -> bool:
        too_late = time.monotonic() + state.upcoming_sleep >= deadline
        return too_late or state.attempt_number >= min(backoff.attempts, _failure(state).attempts)

    again = tenacity.retry_if_exception_type(TryAgain)
    try:
        return tenacity.Retrying(retry=again, wait=wait, stop=stop, sleep=sleep, reraise=True)(attempt)
    except TryAgain as failure:
        raise failure.error from failure.__cause__


def retry_after(header: str | None) -> float:
    """Return the seconds of a Retry-After header, 0 if there is none or it is a date (RFC 9110, 10.2.3)."""
    return float(header) if header and header.isdigit() else 0.0


def _failure(state: tenacity.RetryCallState) -> TryAgain:
    failure = state.outcome.exception() if state.outcome else None
    if not isinstance(failure, TryAgain):
        raise TypeError("only an attempt that raised TryAgain is repeated")
    return failure
