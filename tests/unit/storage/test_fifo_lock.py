"""The lock of SQLite's writers is handed over in the order of asking."""

from __future__ import annotations

import threading
import time

import pytest

from storage.fifo_lock import FifoLock


def test_waiters_are_served_in_the_order_of_asking() -> None:
    lock, order = FifoLock(), list[int]()

    def write(number: int) -> None:
        with lock:
            order.append(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    with lock:
        for number, writer in enumerate(writers, start=1):
            writer.start()
            while len(lock._waiters) < number:
                time.sleep(0.001)
    for writer in writers:
        writer.join(timeout=5)
    assert order == list(range(20))


def test_one_thread_at_a_time_is_inside() -> None:
    lock, inside, most = FifoLock(), list[int](), list[int]()

    def write() -> None:
        for _ in range(200):
            with lock:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=20)
    assert max(most) == 1 and len(most) == 1_600


def test_an_error_inside_releases_the_lock() -> None:
    lock = FifoLock()
    with pytest.raises(RuntimeError, match="inside"), lock:
        raise RuntimeError("inside")
    with lock:
        pass
