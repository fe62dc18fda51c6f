"""Takes over the workflows of dead replicas, and ends those that cannot end by themselves.

DBOS recovers the workflows of its own executor when that starts again. An executor that never comes back is
noticed here, by its heartbeat. One replica does this for all: the first by name of those that are alive.
Should two believe so for a moment, a workflow runs twice, and DBOS lets only one of the runs record anything.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.adapters.durable.flow import FlowReporter
from bot.adapters.durable.outcomes import OutcomeCodec, OutcomeUncertain
from bot.adapters.durable.runtime import ENDED, Runtime
from bot.common.worker import Worker
from storage.database import DatabaseError
from storage.long_running_operations import LongRunningOperation

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 3.0
RETENTION = timedelta(days=30)  # how long the records of ended workflows are stored
RETENTION_INTERVAL = timedelta(hours=1)
START_GRACE = timedelta(seconds=15)  # after which a stored operation that was never started is started


class Replicas(Protocol):
    """Returns the names of the replicas whose heartbeat still counts."""

    def __call__(self) -> Sequence[str]: ...


class TakeoverSupervisor:
    """Looks after the workflows of all replicas every few seconds, on a thread of its own."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        me: str,
        alive: Replicas,
        supervisors: Replicas,
        open_work: Callable[[], Sequence[LongRunningOperation]],
        reporter: FlowReporter,
        outcomes: OutcomeCodec,
        now: Callable[[], datetime],
    ) -> None:
        """`supervisors` are the names of the replicas that supervise: terminals wait for their work only."""
        self._runtime = runtime
        self._me = me
        self._alive = alive
        self._supervisors = supervisors
        self._open_work = open_work
        self._reporter = reporter
        self._outcomes = outcomes
        self._now = now
        self._retained_at = now()
        self._worker = Worker(
            "takeover",
            self.supervise,
            interval=INTERVAL_SECONDS,
            delay=INTERVAL_SECONDS,
            expected=(DatabaseError,),
        )

    def start(self) -> None:
        """Start the thread that supervises."""
        self._worker.start()

    def stop(self) -> None:
        """Stop the thread, after waiting for a look that is under way."""
        self._worker.stop()

    def supervise(self) -> None:
        """Look once. Raises `DatabaseError`, and whatever DBOS raises when its tables cannot be read."""
        self._runtime.set_limits()
        supervisors = self._supervisors()
        if not supervisors or supervisors[0] != self._me:
            return
        orphans = self._runtime.resume_orphans(self._alive())
        if orphans:
            log.warning("work of a replica that is gone taken over", operations=orphans)
        for operation in self._open_work():
            if self._runtime.has_workflow(operation.work):
                self._repair(operation)
        if self._now() - self._retained_at > RETENTION_INTERVAL:
            self._runtime.delete_ended(before=self._now() - RETENTION)
            self._retained_at = self._now()

    def _repair(self, work: LongRunningOperation) -> None:
        """Start the workflow of an operation if there is none; end it if its workflow has ended."""
        status = self._runtime.status(work.operation)
        if status is None:
            if self._now() - work.begun_at > START_GRACE:
                log.warning("work that was kept and never begun is begun", operation=work.operation)
                self._runtime.start_workflow(
                    work.work, operation=work.operation, project=work.project, workflow_input=work.input
                )
        elif status in ENDED:
            log.error("work ended without saying how", operation=work.operation, state=status)
            outcome = _outcome_of_lost_work(work.operation, status)
            self._reporter.report_outcome(work.operation, self._outcomes.encode(outcome))


def _outcome_of_lost_work(operation: str, status: str) -> OutcomeUncertain:
    recovered_too_often = status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
    return OutcomeUncertain(
        (
            "I gave this up: it was begun again and again and never ended"
            if recovered_too_often
            else "This work was cut off"
        ),
        why=f"the workflow is {status}",
        fix=f"Look at the target, and for {operation[:4]} in my log.",
    )
