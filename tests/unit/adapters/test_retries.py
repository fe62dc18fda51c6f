"""Requests are repeated so many times, with the pauses that the server asks for, up to a deadline."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

from bot.adapters.retries import Backoff, TryAgain, retried, retry_after

BACKOFF = Backoff(attempts=4, first_pause=0.2, longest_pause=8.0)


class Failed(Exception):
    """An attempt has failed."""


class Server:
    """Raises what it is told to, one attempt after the other, and then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.requests = 0
        self.pauses: list[float] = []

    def attempt(self) -> str:
        self.requests += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"

    def ask(self, backoff: Backoff = BACKOFF, deadline: float = math.inf) -> str:
        return retried(self.attempt, backoff, deadline=deadline, sleep=self.pauses.append)


def test_the_first_answer_is_returned_without_a_pause() -> None:
    server = Server()
    assert server.ask() == "answer" and server.pauses == []


def test_pauses_double_up_to_the_longest_one() -> None:
    server = Server(*[TryAgain(Failed(str(number))) for number in range(5)])
    backoff = Backoff(attempts=6, first_pause=0.2, longest_pause=1.0)
    assert server.ask(backoff) == "answer"
    assert server.pauses == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0])


def test_the_pause_that_the_server_asks_for_counts_up_to_the_longest_one() -> None:
    server = Server(TryAgain(Failed("3 s"), pause=3.0), TryAgain(Failed("an hour"), pause=3_600.0))
    server.ask()
    assert server.pauses == [3.0, 8.0]


def test_the_error_of_the_last_attempt_is_raised_with_its_cause() -> None:
    cause = OSError("reset")

    def broken(number: int) -> TryAgain:
        failure = TryAgain(Failed(f"attempt {number}"))
        failure.__cause__ = cause
        return failure

    server = Server(*[broken(number) for number in range(1, 9)])
    with pytest.raises(Failed, match="attempt 4") as raised:
        server.ask()
    assert raised.value.__cause__ is cause
    assert server.requests == 4 and len(server.pauses) == 3, "no pause after the last attempt"


def test_a_failure_may_allow_fewer_attempts() -> None:
    server = Server(TryAgain(Failed("silent"), attempts=2), TryAgain(Failed("silent again"), attempts=2))
    with pytest.raises(Failed, match="silent again"):
        server.ask()
    assert server.requests == 2


def test_any_other_error_ends_it_at_once() -> None:
    server = Server(Failed("refused"))
    with pytest.raises(Failed, match="refused"):
        server.ask()
    assert server.requests == 1


@pytest.mark.parametrize("pause", [0.0, 5.0])
def test_no_pause_ends_after_the_deadline(pause: float) -> None:
    server = Server(TryAgain(Failed("overloaded"), pause=pause))
    with pytest.raises(Failed, match="overloaded"):
        server.ask(deadline=time.monotonic() + 0.1)
    assert server.pauses == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), (None, 0.0), ("", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("-1", 0.0)],
)
def test_a_retry_after_header_is_seconds_or_nothing(header: str | None, seconds: float) -> None:
    assert retry_after(header) == seconds


def test_an_attempt_without_failures_is_typed_by_what_it_returns() -> None:
    attempt: Callable[[], int] = lambda: 7  # noqa: E731
    answer: int = retried(attempt, BACKOFF)
    assert answer == 7
