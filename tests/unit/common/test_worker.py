"""A worker repeats its task, can be woken and stopped, and outlives what its task raises."""

from __future__ import annotations

import threading
import time

import pytest
from structlog.testing import capture_logs

from bot.common.problems import Problem
from bot.common.worker import Worker

SOON = 5.0


def test_a_worker_runs_its_task_again_and_again() -> None:
    enough = threading.Event()
    runs: list[int] = []

    def task() -> None:
        runs.append(1)
        if len(runs) == 3:
            enough.set()

    worker = Worker("counting", task, interval=0.001)
    worker.start()
    assert enough.wait(SOON)
    worker.stop()
    assert worker.failures == 0


def test_a_worker_that_is_woken_does_not_wait_for_its_interval() -> None:
    ran = threading.Semaphore(0)
    worker = Worker("woken", lambda: ran.release(), interval=3600)
    worker.start()
    assert ran.acquire(timeout=SOON), "it runs once at the start"
    worker.wake()
    assert ran.acquire(timeout=SOON)
    worker.stop()


def test_a_stopped_worker_runs_no_more_and_its_thread_has_ended() -> None:
    worker = Worker("stopped", lambda: None, interval=3600, delay=3600)
    worker.start()
    worker.stop()
    assert worker.stopping and not [t for t in threading.enumerate() if t.name == "stopped"]


def test_a_task_may_sleep_and_is_told_of_the_stop() -> None:
    stopped = threading.Event()

    def task() -> None:
        if worker.sleep(3600):
            stopped.set()

    worker = Worker("sleeper", task, interval=0.001)
    worker.start()
    time.sleep(0.01)
    worker.stop()
    assert stopped.is_set()


def test_a_task_says_when_it_wants_to_run_again() -> None:
    assert Worker("soon", lambda: 0.25, interval=60).run_once() == 0.25
    assert Worker("usual", lambda: None, interval=60).run_once() == 60


@pytest.mark.parametrize(
    ("error", "traceback"),
    [
        pytest.param(Problem("The database is away", why="no route"), False, id="problem"),
        pytest.param(OSError("refused"), False, id="expected"),
        pytest.param(ZeroDivisionError("defect"), True, id="defect"),
    ],
)
def test_what_a_task_raises_is_logged_and_counted_and_the_worker_goes_on(
    error: Exception, traceback: bool
) -> None:
    counted: list[str] = []

    def task() -> None:
        raise error

    worker = Worker("failing", task, interval=7, expected=(OSError,), count_failure=counted.append)
    with capture_logs() as lines:
        assert worker.run_once() == 7
    assert worker.failures == 1 and counted == ["failing"]
    assert [(line["event"], line["worker"]) for line in lines] == [("worker failed", "failing")]
    assert bool(lines[0].get("exc_info")) is traceback


def test_a_worker_tells_whether_it_runs_and_whether_its_last_run_failed() -> None:
    errors = [RuntimeError("no"), None]

    def task() -> None:
        error = errors.pop(0)
        if error is not None:
            raise error

    worker = Worker("checked", task, interval=3600, delay=3600)
    states = [worker.alive]
    worker.start()
    states.append(worker.alive)
    worker.run_once()
    failures = [worker.failing]
    worker.run_once()
    failures.append(worker.failing)
    worker.stop()
    assert [*states, worker.alive] == [False, True, False]
    assert failures == [True, False] and worker.failures == 1
