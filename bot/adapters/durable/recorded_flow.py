"""One run of a workflow: recorded steps and problems, waits that end with the process, and the fence."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.adapters.durable.flow import FlowReporter, Json, OwnershipLost, ProcessStopping
from bot.adapters.durable.outcomes import OutcomeCodec, unexpected_failure
from bot.common.problems import Problem
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0  # between two tries of a step while the database does not answer
FIRST_PAUSE = 0.25  # seconds between the first two polls: most of what is waited for happens soon
BACKOFF = 1.5  # each pause is longer than the one before by this factor
OWNERSHIP_SECONDS = 15.0  # how often a run that polls checks that it still owns the workflow

_PROBLEMS = OutcomeCodec({})  # the results of steps are plain JSON already, only problems are encoded


class RecordedFlow:
    """The `Flow` of one run."""

    def __init__(
        self,
        *,
        operation: str,
        project: str,
        reporter: FlowReporter,
        record: Callable[[str, Callable[[], Json]], Mapping[str, Any]],
        stopping: threading.Event,
        owns: Callable[[], bool],
    ) -> None:
        """`record` runs a step and records its output, or returns the output of an earlier run.

        `stopping` is set when the process stops; `owns` tells whether this replica still owns the workflow.
        """
        self.operation = operation
        self.project = project
        self.run = uuid.uuid4().hex
        self._reporter = reporter
        self._record = record
        self._stopping = stopping
        self._owns = owns

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """Run a step and record its output, or the `Problem` that it raised."""
        output = self._record(name, lambda: self._run_step(name, do))
        if "problem" in output:
            problem = _PROBLEMS.decode(dict(output))
            if isinstance(problem, Problem):
                raise problem
        value: Json = output["value"]
        return value

    def poll(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """Run a step that polls, at most `every` seconds apart, until there is something to record."""
        return self.step(name, lambda: self._poll(look, every))

    def sleep(self, seconds: float) -> None:
        """Sleep within a step. Raises `ProcessStopping` when the process stops."""
        if self._stopping.wait(seconds):
            raise ProcessStopping

    def fence(self) -> None:
        """Raise `OwnershipLost` if another replica has taken this workflow over."""
        if not self._owns():
            log.warning("another replica has taken this over")
            raise OwnershipLost

    def report_progress(self, state: object) -> None:
        """Show an intermediate state of the operation."""
        self._reporter.report_progress(self.operation, state)

    def report_state(self, name: str, state: object) -> None:
        """Post a new state of the operation, once a `name`."""
        self._reporter.report_state(self.operation, name, state)

    def _run_step(self, name: str, do: Callable[[], Json]) -> Json:
        # not a bounded retry (`bot.adapters.retries`): a database that is gone for an hour fails no migration
        while True:
            if self._stopping.is_set():
                raise ProcessStopping
            try:
                return {"value": do()}
            except Problem as problem:
                return _PROBLEMS.encode(problem)
            except DatabaseError as error:
                log.error("step not done, it is tried again", step=name, why=str(error))
                self.sleep(RETRY_SECONDS)
            except Exception as error:  # recorded by the name of its class: DBOS would store all of it
                log.exception("step failed", step=name)
                return _PROBLEMS.encode(unexpected_failure(error, self.operation[:4]))

    def _poll(self, look: Callable[[], Json | None], every: float) -> Json:
        checked_ownership = time.monotonic()
        pause = min(every, FIRST_PAUSE)
        while (output := look()) is None:
            self.sleep(pause)
            pause = min(every, pause * BACKOFF)
            if time.monotonic() - checked_ownership > OWNERSHIP_SECONDS:
                self.fence()
                checked_ownership = time.monotonic()
        return output
