"""Takes over what a dead replica was doing, and ends what cannot end by itself.

DBOS recovers the workflows of its own executor when that starts again; one that never comes back is noticed
here, by its heartbeat. One replica does this for all of them: the first by name of those that are alive.
Should two think so for a moment, a workflow is begun twice, and DBOS lets only one of the runs record
anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.adapters.durable.flow import FlowReporter, Json
from bot.adapters.durable.outcomes import OutcomeCodec, OutcomeUncertain
from bot.adapters.durable.runtime import ENDED, Runtime
from bot.common.problems import Problem
from storage.continuations import Continuation
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
KEEP = timedelta(days=30)  # records of work that has ended
FORGET_EVERY = timedelta(hours=1)
NOT_BEGUN_FOR = timedelta(seconds=15)  # then what was kept and never begun is begun


class Replicas(Protocol):
    """Which replicas have a heartbeat that still counts, by name."""

    def __call__(self) -> Sequence[str]: ...


class TakeoverSupervisor:
    """Looks every few seconds, on a thread of its own."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        me: str,
        alive: Replicas,
        keepers: Replicas,
        open_work: Callable[[], Sequence[Continuation]],
        reporter: FlowReporter,
        ends: OutcomeCodec,
        now: Callable[[], datetime],
    ) -> None:
        self._runtime = runtime
        self._me = me
        self._alive = alive
        self._keepers = keepers  # those of them that keep: not a terminal that waits for its own work
        self._open_work = open_work
        self._reporter = reporter
        self._ends = ends
        self._now = now
        self._forgot = now()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look(self) -> None:
        """Look once. Raises `DatabaseError` and whatever DBOS raises when its tables cannot be read."""
        self._runtime.set_limits()
        keepers = self._keepers()
        if not keepers or keepers[0] != self._me:
            return
        taken = self._runtime.resume_all_but(self._alive())
        if taken:
            log.warning("work of a replica that is gone taken over", operations=taken)
        for work in self._open_work():
            if self._runtime.knows(work.work):
                self._heal(work)
        if self._now() - self._forgot > FORGET_EVERY:
            self._runtime.forget(before=self._now() - KEEP)
            self._forgot = self._now()

    def _heal(self, work: Continuation) -> None:
        state = self._runtime.state(work.operation)
        if state is None:
            if self._now() - work.begun_at > NOT_BEGUN_FOR:
                log.warning("work that was kept and never begun is begun", operation=work.operation)
                self._runtime.begin(
                    work.work, operation=work.operation, project=work.project, given=work.input
                )
        elif state in ENDED:
            log.error("work ended without saying how", operation=work.operation, state=state)
            self._reporter.end(work.operation, self._given_up(work, state))

    def _given_up(self, work: Continuation, state: str) -> Json:
        again = state == "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
        return self._ends.encode(
            OutcomeUncertain(
                (
                    "I gave this up: it was begun again and again and never ended"
                    if again
                    else "This work was cut off"
                ),
                why=f"the workflow is {state}",
                fix=f"Look at the target, and for {work.operation[:4]} in my log.",
            )
        )

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self.look()
            except (DatabaseError, Problem) as error:
                log.error("cannot look after durable work", why=str(error))
            except Exception:  # DBOS has errors of many kinds, and this thread must outlive them
                log.exception("cannot look after durable work")
