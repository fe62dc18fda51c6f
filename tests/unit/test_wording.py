"""Numbers in sentences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.wording import count, lasting


@pytest.mark.parametrize(("number", "said"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes"), (2_000, "2,000 nodes")])
def test_one_is_not_many(number: int, said: str) -> None:
    assert count(number, "node") == said


def test_a_plural_may_have_a_word_of_its_own() -> None:
    assert [count(number, "policy", "policies") for number in (1, 2)] == ["1 policy", "2 policies"]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(hours=24), "24 h"), (timedelta(minutes=90), "1 h 30 min"), (timedelta(minutes=30), "30 min"),
        (timedelta(seconds=1), "1 s"), (timedelta(), "0 s"), (timedelta(days=2, seconds=5), "48 h 5 s"),
    ],
)  # fmt: skip
def test_a_length_is_told_exactly(length: timedelta, said: str) -> None:
    assert lasting(length) == said
