"""A background thread that repeats one task until it is stopped.

Every part of the process that looks after something beside the requests (leases, heartbeats, approval expiry,
rate limits, the audit chain's head) is one of these, so that each starts, stops, wakes, logs and counts its
failures in the same way. A task that raises does not end its thread: the error is logged and counted, and the
task runs again after the usual interval.
"""

import threading
from collections.abc import Callable

import structlog

from bot.common.problems import Problem

log = structlog.get_logger(__name__)

CountFailure = Callable[[str], None]  # gets the name of a worker whose task has failed

JOIN_SECONDS = 5.0  # how long `stop` waits for a task that is running


class Worker:
    """Runs `task` on a daemon thread called `name`, every `interval` seconds and whenever it is woken."""

    def __init__(
        self,
        name: str,
        task: Callable[[], float | None],
        *,
        interval: float,
        delay: float = 0.0,
        expected: tuple[type[Exception], ...] = (),
        count_failure: CountFailure = lambda _name: None,
    ) -> None:
        """Prepare the thread; `start` begins it.

        `task` may return the seconds until it wants to run again, in place of `interval`. `delay` is waited
        before the first run. Errors of the `expected` types, and every `Problem`, are logged in one line; any
        other error is a defect and is logged with its traceback. `count_failure` gets the worker's name.
        """
        self.name = name
        self.failures = 0
        self.failing = False  # whether the last run failed
        self._task = task
        self._interval = interval
        self._delay = delay
        self._expected = expected
        self._count_failure = count_failure
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called: a long task looks at this between its parts."""
        return self._stopping.is_set()

    @property
    def alive(self) -> bool:
        """Whether the thread runs: it was started and has not been stopped."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin. May be called once."""
        self._thread.start()

    def wake(self) -> None:
        """Run the task now, or once more if it is running."""
        self._woken.set()

    def sleep(self, seconds: float) -> bool:
        """Wait within the task, at most until `stop` is called; returns whether it was."""
        return self._stopping.wait(seconds)

    def stop(self, *, timeout: float = JOIN_SECONDS) -> None:
        """Let the running task end, for at most `timeout` seconds, and run it no more."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=timeout)

    def run_once(self) -> float:
        """Run the task and return the seconds until the next run. Raises nothing that the task raises."""
        try:
            pause = self._task()
        except Problem as problem:
            log.error("worker failed", worker=self.name, what=problem.what, why=problem.why)
        except self._expected as error:
            log.error("worker failed", worker=self.name, why=str(error))
        except Exception:  # a defect in one task must not end the thread that others rely on
            log.exception("worker failed", worker=self.name)
        else:
            self.failing = False
            return self._interval if pause is None else pause
        self.failing = True
        self.failures += 1
        self._count_failure(self.name)
        return self._interval

    def _run(self) -> None:
        pause = self._delay
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            if self.stopping:
                return
            pause = self.run_once()
