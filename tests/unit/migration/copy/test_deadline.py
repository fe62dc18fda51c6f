"""A bounded wait ends when nothing is left, and names what did not come true."""

from __future__ import annotations

import pytest

from bot.migration.copy.deadline import NotInTime, until


def test_waiting_ends_when_nothing_is_left() -> None:
    answers = iter([["a", "b"], ["b"], []])
    pauses: list[float] = []
    until(lambda: next(answers), what="stop", seconds=60, pause=0.15, sleep=pauses.append)
    assert next(answers, "none") == "none", "every answer was asked for"
    assert pauses == [0.1, 0.15], "doubled up to the longest pause"


def test_an_error_of_the_look_is_passed_on() -> None:
    def fail() -> list[str]:
        raise KeyError("x")

    with pytest.raises(KeyError):
        until(fail, what="stop", seconds=60)


def test_waiting_too_long_names_what_did_not_come_true() -> None:
    with pytest.raises(NotInTime) as timeout:
        until(lambda: [f"pod-{n}" for n in range(7)], what="stop", seconds=0, sleep=lambda _seconds: None)
    assert timeout.value.what == "7 did not stop within 0 s"
    assert timeout.value.why == "pod-0, pod-1, pod-2, pod-3, pod-4 and 2 more"
