"""A lock for threads that is handed over in the order of asking.

With `threading.Lock` any waiter may be next: one of ten writers waits twice as long as its turn would take.
"""

import collections
import threading


class FifoLock:
    """A context manager that one thread at a time is inside of, first come, first served."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locked = False
        self._waiters: collections.deque[threading.Lock] = collections.deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._locked:
                self._locked = True
                return
            waiter = threading.Lock()
            waiter.acquire()
            self._waiters.append(waiter)
        waiter.acquire()

    def __exit__(self, *_exception: object) -> None:
        with self._guard:
            if self._waiters:
                self._waiters.popleft().release()
            else:
                self._locked = False
