"""One run of a workflow: steps with their problems recorded, waits that end with the process, and the
fence.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.adapters.durable.flow import FlowReporter, Json, OwnershipLost, ProcessStopping
from bot.adapters.durable.outcomes import OutcomeCodec, broken
from bot.common.problems import Problem
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0  # between two tries of a step while the database does not answer
FIRST_PAUSE = 0.25  # seconds between the first two looks of a step: most of what is waited for is soon there
LONGER = 1.5  # each pause is that much longer than the one before
LOOK_AT_OWNER_SECONDS = 15.0  # a run that waits looks this often whether it is still the one

_ENDS = OutcomeCodec({})  # problems only: results of steps are plain JSON as they are


class RecordedFlow:
    """The `Flow` of one run."""

    def __init__(
        self,
        *,
        operation: str,
        project: str,
        reporter: FlowReporter,
        record: Callable[[str, Callable[[], Json]], Mapping[str, Any]],
        ending: threading.Event,
        owned: Callable[[], bool],
    ) -> None:
        self.operation = operation
        self.project = project
        self.run = uuid.uuid4().hex
        self._reporter = reporter
        self._record = record  # a step's output, or what was recorded of it in an earlier run
        self._ending = ending
        self._owned = owned

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """Do something and record what it returned, or the `Problem` that it raised."""
        kept = self._record(name, lambda: self._tried(name, do))
        if "problem" in kept:
            problem = _ENDS.decode(dict(kept))
            if isinstance(problem, Problem):
                raise problem
        found: Json = kept["value"]
        return found

    def until(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """A step that looks again every so many seconds, until there is something to record."""
        return self.step(name, lambda: self._looking(look, every))

    def pause(self, seconds: float) -> None:
        """Wait within a step. Raises `ProcessStopping` when the process ends."""
        if self._ending.wait(seconds):
            raise ProcessStopping

    def fence(self) -> None:
        """Raises `OwnershipLost` if another replica has taken this work over."""
        if not self._owned():
            log.warning("another replica has taken this over")
            raise OwnershipLost

    def progress(self, state: object) -> None:
        """Show an intermediate state."""
        self._reporter.progress(self.operation, state)

    def changed(self, name: str, state: object) -> None:
        """Say that the work has come to a new state."""
        self._reporter.changed(self.operation, name, state)

    def _tried(self, name: str, do: Callable[[], Json]) -> Json:
        while True:
            if self._ending.is_set():
                raise ProcessStopping
            try:
                return {"value": do()}
            except Problem as problem:
                return _ENDS.encode(problem)
            except DatabaseError as error:
                log.error("step not done, it is tried again", step=name, why=str(error))
                self.pause(RETRY_SECONDS)
            except Exception as error:  # recorded by its name alone: DBOS would keep all of it
                log.exception("step failed", step=name)
                return _ENDS.encode(broken(error, self.operation[:4]))

    def _looking(self, look: Callable[[], Json | None], every: float) -> Json:
        looked_at_owner = time.monotonic()
        pause = min(every, FIRST_PAUSE)
        while True:
            found = look()
            if found is not None:
                return found
            self.pause(pause)
            pause = min(every, pause * LONGER)
            if time.monotonic() - looked_at_owner > LOOK_AT_OWNER_SECONDS:
                self.fence()
                looked_at_owner = time.monotonic()
