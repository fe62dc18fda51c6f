"""Intermediate states: the newest only, at a bounded rate, never after the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bot.requests.incoming import OperationId
from bot.slack.delivery.progress import ProgressBoard

A, B = OperationId("a" * 32), OperationId("b" * 32)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> Iterator[ProgressBoard]:
    board = ProgressBoard(updates_per_minute=3, monotonic=clock)
    board.start()
    yield board
    board.stop()


def test_the_first_state_is_shown_at_once_and_an_overtaken_one_never(board: ProgressBoard, clock: Clock) -> None:
    shown: list[str] = []
    board.put(A, lambda: shown.append("1 of 3"))
    until(lambda: shown == ["1 of 3"])
    board.put(A, lambda: shown.append("2 of 3"))
    board.put(A, lambda: shown.append("3 of 3"))
    clock.now += 2.1
    until(lambda: len(shown) == 2)
    assert shown == ["1 of 3", "3 of 3"]


def test_all_messages_together_keep_to_the_minutes_budget(board: ProgressBoard, clock: Clock) -> None:
    shown: list[int] = []
    for number in range(5):
        board.put(OperationId(f"{number:032x}"), lambda number=number: shown.append(number))  # type: ignore[misc]
    until(lambda: len(shown) == 3)
    clock.now += 30
    time.sleep(0.6)  # two ticks: nothing more may be sent
    assert len(shown) == 3
    clock.now += 31
    until(lambda: len(shown) == 5)


def test_nothing_is_shown_after_the_end_of_a_request(board: ProgressBoard, clock: Clock) -> None:
    shown: list[str] = []
    under_way, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        under_way.set()
        go_on.wait(5)
        shown.append("progress")

    board.put(A, slow)
    assert under_way.wait(5)
    board.put(A, lambda: shown.append("too late"))
    threading.Timer(0.05, go_on.set).start()
    board.close(A)
    shown.append("end")
    clock.now += 10
    board.put(B, lambda: shown.append("other"))
    until(lambda: "other" in shown)
    assert shown == ["progress", "end", "other"]
