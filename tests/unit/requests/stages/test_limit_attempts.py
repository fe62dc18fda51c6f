"""A request that takes its process down is given up some day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.requests.stages.limit_attempts import GIVE_UP_AFTER, MOST_ATTEMPTS, GivenUp, limit_attempts
from tests.unit.requests.exchanges import NOW, AuditTable, exchange, ports, with_intent

LATE = GIVE_UP_AFTER + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("attempt", "age", "given_up"),
    [
        pytest.param(MOST_ATTEMPTS + 1, LATE, True, id="often-and-old"),
        pytest.param(MOST_ATTEMPTS, LATE, False, id="old-and-not-often"),
        pytest.param(MOST_ATTEMPTS + 1, timedelta(minutes=1), False, id="often-and-young"),
    ],
)
def test_it_is_given_up_when_it_is_beyond_both_limits(attempt: int, age: timedelta, given_up: bool) -> None:
    subject = with_intent(exchange(), AuditTable(), attempt=attempt)
    limit_attempts(subject, ports(clock=lambda: NOW + age))
    assert isinstance(subject.problem, GivenUp) == given_up


def test_the_person_reads_the_reference_and_the_words_to_try_again() -> None:
    subject = with_intent(exchange(), AuditTable(), attempt=MOST_ATTEMPTS + 1)
    limit_attempts(subject, ports(clock=lambda: NOW + LATE))
    assert subject.problem is not None
    assert subject.problem.fix == "Look for 7f3a in the log. To try again: `/xk8s cluster delete dev-eu`"


def test_what_is_not_audited_is_not_limited() -> None:
    subject = exchange(attempt=MOST_ATTEMPTS + 1)
    limit_attempts(subject, ports(clock=lambda: NOW + LATE))
    assert subject.problem is None
