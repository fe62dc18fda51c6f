"""Cron schedules of the sandbox's CronJobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kube.controllers.cron_schedule import CronSchedule

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("* * * * *", NOON + timedelta(minutes=1)),
        ("*/15 * * * *", NOON + timedelta(minutes=15)),
        ("0 3 * * *", datetime(2026, 11, 25, 3, 0, tzinfo=UTC)),
        ("30 2 * * 0", datetime(2026, 11, 29, 2, 30, tzinfo=UTC)),
        ("0 0 1 * 7", datetime(2026, 11, 29, 0, 0, tzinfo=UTC)),  # either day field is enough
        ("@monthly", datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
        ("0 0 30 2 *", None),
    ],
)
def test_the_next_minute_that_fits_is_found(text: str, then: datetime | None) -> None:
    assert CronSchedule.parse(text).next_after(NOON) == then


@pytest.mark.parametrize("text", ["", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        CronSchedule.parse(text)


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(timezones=st.just(UTC)))
def test_a_daily_schedule_is_due_within_a_day_and_at_its_time(
    minute: int, hour: int, moment: datetime
) -> None:
    if moment.year > 9990:
        return
    at = CronSchedule.parse(f"{minute} {hour} * * *").next_after(moment)
    assert at is not None and (at.minute, at.hour) == (minute, hour)
    assert timedelta() < at - moment <= timedelta(days=1, minutes=1)
