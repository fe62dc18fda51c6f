"""Intermediate states: the newest only, when it is their turn, never after the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bot.actions.request import OperationId
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


class Turns:
    """A budget of a few lines: so many updates are left."""

    def __init__(self) -> None:
        self.left = 100
        self.room = 100  # for lines of roots
        self.asked: list[int] = []

    def acquire_progress(self, messages: int) -> float:
        self.asked.append(messages)
        if not self.left:
            return 0.5
        self.left -= 1
        return 0.0

    def acquire_root_line(self) -> float:
        if not self.room:
            return 0.5
        self.room -= 1
        return 0.0


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def shown_before() -> set[OperationId]:
    """The operations whose message is there."""
    return set()


@pytest.fixture
def board(clock: Clock, turns: Turns, shown_before: set[OperationId]) -> Iterator[ProgressBoard]:
    board = ProgressBoard(turns, is_shown=lambda operation: operation in shown_before, monotonic=clock)
    board.start()
    yield board
    board.stop()


def test_the_newest_state_is_shown_and_an_overtaken_one_never(board: ProgressBoard, clock: Clock) -> None:
    posts: list[str] = []
    board.put_state(A, lambda: posts.append("1 of 3"))
    clock.now += 1.1
    until(lambda: posts == ["1 of 3"])
    board.put_state(A, lambda: posts.append("2 of 3"))
    board.put_state(A, lambda: posts.append("3 of 3"))
    clock.now += 2.1
    until(lambda: len(posts) == 2)
    assert posts == ["1 of 3", "3 of 3"]


def test_work_that_ends_soon_shows_no_progress(board: ProgressBoard, clock: Clock) -> None:
    posts: list[str] = []
    board.put_state(A, lambda: posts.append("1 of 3"))
    clock.now += 0.5
    board.close(A)
    board.put_state(B, lambda: posts.append("other"))
    clock.now += 2
    until(lambda: posts == ["other"])


def test_a_first_message_costs_nothing_and_an_update_waits_for_its_turn(
    board: ProgressBoard, clock: Clock, turns: Turns, shown_before: set[OperationId]
) -> None:
    turns.left = 0
    posts: list[str] = []
    board.put_state(A, lambda: posts.append("posted"))
    clock.now += 1.1
    until(lambda: posts == ["posted"])
    shown_before.add(A)
    board.put_state(A, lambda: posts.append("updated"))
    clock.now += 2.1
    until(lambda: len(turns.asked) > 0)
    assert posts == ["posted"]
    turns.left = 1
    clock.now += 1.0
    until(lambda: posts == ["posted", "updated"])


def test_first_messages_are_posted_one_after_another(board: ProgressBoard, clock: Clock) -> None:
    posts: list[int] = []
    for number in range(3):
        board.put_state(OperationId(f"{number:032x}"), lambda number=number: posts.append(number))  # type: ignore[misc]
    clock.now += 1.1
    until(lambda: posts == [0])
    time.sleep(0.6)  # two ticks: nothing more may be posted
    assert posts == [0]
    clock.now += 1.3
    until(lambda: posts == [0, 1])


def test_the_oldest_message_is_next(
    board: ProgressBoard, clock: Clock, turns: Turns, shown_before: set[OperationId]
) -> None:
    operations = [OperationId(f"{number:032x}") for number in range(5)]
    shown_before.update(operations)
    turns.left = 0
    posts: list[int] = []
    for number, operation in enumerate(operations):
        board.put_state(operation, lambda number=number: posts.append(number))  # type: ignore[misc]
        clock.now += 0.1
    clock.now += 2
    for number in range(5):
        until(lambda: bool(turns.asked))
        turns.asked.clear()
        turns.left = 1
        clock.now += 0.6
        until(lambda: len(posts) == number + 1)  # noqa: B023
        board.put_state(operations[number], lambda: None)
    assert posts == [0, 1, 2, 3, 4]


def test_a_message_in_which_only_the_time_has_changed_lets_others_go_first_and_then_has_its_turn(
    board: ProgressBoard, clock: Clock, turns: Turns, shown_before: set[OperationId]
) -> None:
    shown_before.update((A, B))
    posts: list[str] = []
    board.put_state(A, lambda: posts.append("a"))
    clock.now += 1.1
    until(lambda: posts == ["a"])
    board.put_state(A, lambda: posts.append("a, later"), unchanged=True)
    clock.now += 30
    board.put_state(B, lambda: posts.append("b"))
    clock.now += 1.1
    until(lambda: posts == ["a", "b"])
    board.put_state(A, lambda: posts.append("a, later still"), unchanged=True)
    clock.now += 15
    until(lambda: posts == ["a", "b", "a, later still"])


def test_a_change_is_not_made_calm_by_what_follows_it(
    board: ProgressBoard, clock: Clock, turns: Turns, shown_before: set[OperationId]
) -> None:
    shown_before.add(A)
    turns.left = 0
    posts: list[str] = []
    board.put_state(A, lambda: posts.append("changed"))
    board.put_state(A, lambda: posts.append("changed, and time has passed"), unchanged=True)
    turns.left = 1
    clock.now += 1.1
    until(lambda: posts == ["changed, and time has passed"])


def test_nothing_is_shown_after_the_end_of_a_request(board: ProgressBoard, clock: Clock) -> None:
    posts: list[str] = []
    under_way, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        under_way.set()
        go_on.wait(5)
        posts.append("progress")

    board.put_state(A, slow)
    clock.now += 1.1
    assert under_way.wait(5)
    board.put_state(A, lambda: posts.append("too late"))
    threading.Timer(0.05, go_on.set).start()
    board.close(A)
    posts.append("end")
    board.put_state(B, lambda: posts.append("other"))
    clock.now += 10
    until(lambda: "other" in posts)
    assert posts == ["progress", "end", "other"]


def test_the_line_of_a_root_is_told_before_progress_and_once(board: ProgressBoard, clock: Clock) -> None:
    posts: list[str] = []
    board.put_state(A, lambda: posts.append("progress"))
    board.put_root_line(A, "step 3", lambda: posts.append("root: step 3"))
    until(lambda: posts == ["root: step 3"])
    board.put_root_line(A, "step 3", lambda: posts.append("root: step 3"))
    clock.now += 1.1
    until(lambda: len(posts) == 2)
    board.put_root_line(A, "step 4", lambda: posts.append("root: step 4"))
    until(lambda: len(posts) == 3)
    assert posts == ["root: step 3", "progress", "root: step 4"]


def test_a_root_that_has_no_room_shows_the_newest_line_when_there_is_some(
    board: ProgressBoard, clock: Clock, turns: Turns
) -> None:
    turns.room = 0
    posts: list[str] = []
    board.put_root_line(A, "step 3", lambda: posts.append("step 3"))
    board.put_root_line(A, "step 4", lambda: posts.append("step 4"))
    time.sleep(0.05)
    assert posts == []
    turns.room = 1
    clock.now += 1.1
    until(lambda: posts == ["step 4"])


def test_no_line_of_a_root_is_told_after_the_end(board: ProgressBoard, clock: Clock, turns: Turns) -> None:
    turns.room = 0
    posts: list[str] = []
    board.put_root_line(A, "step 3", lambda: posts.append("step 3"))
    board.close(A)
    turns.room = 1
    clock.now += 1.1
    time.sleep(0.05)
    assert posts == []


def test_a_replica_that_slept_tells_nothing_of_what_another_has_ended(clock: Clock, turns: Turns) -> None:
    over: set[OperationId] = set()
    board = ProgressBoard(turns, is_shown=lambda _operation: True, monotonic=clock, is_over=over.__contains__)
    posts: list[str] = []
    over.add(A)
    board.put_state(A, lambda: posts.append("progress of A"))
    board.put_root_line(A, "step 3", lambda: posts.append("root of A"))
    board.put_state(B, lambda: posts.append("progress of B"))
    board.start()
    clock.now += 5.0
    until(lambda: posts == ["progress of B"])
    board.stop()
    assert posts == ["progress of B"]


def test_a_replica_that_slept_while_it_asked_for_room_tells_nothing_either(clock: Clock) -> None:
    over: set[OperationId] = set()

    class Asleep(Turns):
        def acquire_root_line(self) -> float:
            over.add(A)
            return super().acquire_root_line()

        def acquire_progress(self, messages: int) -> float:
            over.add(B)
            return super().acquire_progress(messages)

    board = ProgressBoard(
        Asleep(), is_shown=lambda _operation: True, monotonic=clock, is_over=over.__contains__
    )
    posts: list[str] = []
    board.put_root_line(A, "step 3", lambda: posts.append("root of A"))
    board.put_state(B, lambda: posts.append("progress of B"))
    board.start()
    clock.now += 5.0
    until(lambda: over == {A, B})
    board.stop()
    assert posts == []
