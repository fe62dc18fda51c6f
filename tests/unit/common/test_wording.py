"""Numbers in sentences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.common.wording import count, exact_duration, first_lines, one_line, reason


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes"), (2_000, "2,000 nodes")]
)
def test_one_is_not_many(number: int, words: str) -> None:
    assert count(number, "node") == words


def test_a_plural_may_have_a_word_of_its_own() -> None:
    assert [count(number, "policy", "policies") for number in (1, 2)] == ["1 policy", "2 policies"]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=24), "24 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(minutes=30), "30 min"),
        (timedelta(seconds=1), "1 s"),
        (timedelta(), "0 s"),
        (timedelta(days=2, seconds=5), "48 h 5 s"),
    ],
)
def test_a_length_is_told_exactly(length: timedelta, words: str) -> None:
    assert exact_duration(length) == words


def test_of_many_lines_the_first_are_told_and_how_many_more() -> None:
    assert first_lines(["a", "b"], 2) == "a\nb"
    assert first_lines(["a", "b", "c", "d"], 2) == "a\nb\nand 2 more"


def test_what_somebody_else_says_is_one_line_and_never_too_long() -> None:
    assert one_line(" no\n such  cloud ") == "no such cloud"
    assert one_line("x" * 300) == "x" * 300 and one_line("x" * 301) == "x" * 299 + "…"


def test_an_error_that_says_nothing_is_told_by_its_name() -> None:
    assert reason(TimeoutError()) == "TimeoutError" and reason(ValueError("no\nnumber")) == "no number"
