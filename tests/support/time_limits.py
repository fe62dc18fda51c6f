"""Limits of time: of a single test, and of the whole run.

pytest-timeout's alarm fails a test that takes too long, by its name, and the worker goes on with the next. It
needs the main thread to come back to Python, so a test that is stuck in C code is ended from outside: its
process prints where every thread stands and exits, and xdist reports the test as crashed. The whole run has a
limit as well, kept by the process that hands out the tests.
"""

from __future__ import annotations

import faulthandler
import os
import threading
from collections.abc import Iterator

import pytest

STUCK_AFTER = 1.5  # times the limit of a test: then its process is ended
RUN_MINUTES = float(os.environ.get("XK8S_TEST_RUN_MINUTES", "40"))
OVERDUE = 3  # exit status, as after an internal error


STDERR: list[int] = []  # the real one: while a test runs, its own is captured


def pytest_configure() -> None:
    """Remember where what is printed can be seen: nothing is captured yet."""
    STDERR[:] = STDERR or [os.dup(2)]


def limit_of(item: pytest.Item) -> float:
    """The seconds that a test may take: its own marker's, or those of the configuration."""
    marker = item.get_closest_marker("timeout")
    if marker is not None and (marker.args or "timeout" in marker.kwargs):
        return float(marker.args[0] if marker.args else marker.kwargs["timeout"])
    return float(item.config.getoption("timeout") or item.config.getini("timeout") or 0)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the process of a test that even the alarm could not stop."""
    limit = limit_of(item)
    if limit:
        faulthandler.dump_traceback_later(limit * STUCK_AFTER, exit=True, file=STDERR[0])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Bound the whole run, in the process that hands out the tests."""
    if hasattr(session.config, "workerinput"):
        return
    alarm = threading.Timer(RUN_MINUTES * 60, _end_run)
    alarm.daemon = True
    alarm.start()


def _end_run() -> None:
    os.write(STDERR[0], f"\nthe tests took longer than {RUN_MINUTES:g} minutes and were ended\n".encode())
    faulthandler.dump_traceback(file=STDERR[0])
    os._exit(OVERDUE)  # what the run has started is ended by `tests.support.leftovers`
