"""Windows as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.window import moment, window

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22:00", datetime(2026, 11, 24, 22, tzinfo=UTC)),
        ("22:00 UTC", datetime(2026, 11, 24, 22, tzinfo=UTC)),
        ("9:05", datetime(2026, 11, 25, 9, 5, tzinfo=UTC)),
        ("2026-11-27 02:00", datetime(2026, 11, 27, 2, tzinfo=UTC)),
    ],
)
def test_a_time_is_the_next_one(text: str, expected: datetime) -> None:
    assert moment(text, after=NOW) == expected


def test_a_window_over_midnight_ends_the_day_after() -> None:
    begins, ends = window("22:00", "02:00", now=NOW)
    assert begins is not None and ends is not None
    assert ends - begins == timedelta(hours=4)


def test_an_empty_end_is_open() -> None:
    assert window("", "", now=NOW) == (None, None)
    assert window("22:00", " ", now=NOW)[1] is None


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        ("25:00", "", "no time that a clock shows"),
        ("tonight", "", "no time like"),
        ("2026-11-20 10:00", "", "in the past"),
        ("2026-11-25 10:00", "2026-11-25 09:00", "before it begins"),
        ("2027-11-25 10:00", "", "days away"),
    ],
)
def test_a_window_that_can_never_be_met_is_refused(begins: str, ends: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        window(begins, ends, now=NOW)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_window_or_a_reason(begins: str, ends: str) -> None:
    try:
        first, last = window(begins, ends, now=NOW)
    except ValueError as error:
        assert str(error)
    else:
        assert first is None or last is None or first < last
