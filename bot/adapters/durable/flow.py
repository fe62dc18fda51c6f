"""What a workflow may use: recorded steps, waiting, a fence against a second run, and progress.

A workflow is a function of a `Flow` and its input. Everything that it does to the world, or reads from it, is
in a step. The output of a step is recorded; when the process dies, the workflow runs again and gets the
recorded outputs until it comes to the first step that has none. So a step may run twice and must be safe to
repeat, and nothing between steps may depend on time or chance. Outputs are stored in the clear: no step
returns a secret.
"""

from collections.abc import Callable
from typing import Any, Protocol

Json = dict[str, Any]
Workflow = Callable[["Flow", Json], object]


class Flow(Protocol):
    """One run of a workflow, as the workflow sees it."""

    @property
    def operation(self) -> str:
        """The operation that the workflow belongs to, the same in every run."""
        ...

    @property
    def project(self) -> str:
        """The project that the operation belongs to."""
        ...

    @property
    def run(self) -> str:
        """The id of this run; another one after every crash and take-over.

        Recorded in one step and compared in the next, it tells whether the next may have been begun before.
        """
        ...

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """Run a step and record its output. A `Problem` is recorded as well, and raised in every run.

        While the database does not answer, the step is tried again.
        """
        ...

    def poll(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """Run a step that polls, at most `every` seconds apart, until `look` returns something to record."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep within a step. Raises `ProcessStopping` when the process stops."""
        ...

    def fence(self) -> None:
        """Check within a step, before anything is destroyed, that this replica still owns the workflow.

        A replica that was frozen for a while would otherwise repeat what another has done. Raises
        `OwnershipLost`.
        """
        ...

    def report_progress(self, state: object) -> None:
        """Show an intermediate state. Call it within a step, or a later run shows the state again."""
        ...

    def report_state(self, name: str, state: object) -> None:
        """Post a new state of the work, once a `name`. Call it within a step."""
        ...


class FlowReporter(Protocol):
    """Receives the progress and the outcomes of workflows."""

    def report_progress(self, operation: str, state: object) -> None: ...

    def report_state(self, operation: str, name: str, state: object) -> None: ...

    def report_outcome(self, operation: str, outcome: Json) -> None: ...


class ProcessStopping(BaseException):
    """The process stops. The workflow is left as it is and goes on elsewhere; nothing of this is recorded."""


class OwnershipLost(BaseException):
    """Another replica has taken the workflow over. This run stops, and nothing of this is recorded."""
