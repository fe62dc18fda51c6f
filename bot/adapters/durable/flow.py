"""What a workflow may use: recorded steps, waiting, a look at whether it is still ours, progress.

A workflow is a function of a `Flow` and its input. Whatever it does to the world, and whatever it reads of
it, stands in a step: what a step returned is recorded, and when the process dies the workflow runs again and
gets the recorded values until it comes to the first step that has none. So every step can happen twice, and
must be safe to repeat; between steps nothing may depend on time or chance. A step's output is stored in the
clear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Json = dict[str, Any]
Workflow = Callable[["Flow", Json], object]


class Flow(Protocol):
    """One run of a workflow, as the workflow sees it."""

    @property
    def operation(self) -> str:
        """The operation it belongs to, the same in every run."""
        ...

    @property
    def project(self) -> str:
        """The project it belongs to."""
        ...

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """Do something and record what it returned. A `Problem` is recorded as well, and raised again in
        every run.

        A database that does not answer is waited for.
        """
        ...

    def until(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """A step that looks again, at last every so many seconds, until there is something to record."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait within a step; ends with the process."""
        ...

    def fence(self) -> None:
        """Stand before what destroys: if another replica has taken this work over, nothing further happens
        here.

        To be called within a step. A replica that was paused for a while and woke up would otherwise do it
        again.
        """
        ...

    @property
    def run(self) -> str:
        """This run; another after every crash and take-over.

        Recorded in one step and compared in the next, it tells whether that one may have been begun before.
        """
        ...

    def progress(self, state: object) -> None:
        """Show an intermediate state. To be called within a step, or a later run shows it again."""
        ...

    def changed(self, name: str, state: object) -> None:
        """Say for good that the work has come to a new state. To be called within a step; a name is said
        once.
        """
        ...


class FlowReporter(Protocol):
    """To whom workflows tell their progress and their ends."""

    def progress(self, operation: str, state: object) -> None: ...

    def changed(self, operation: str, name: str, state: object) -> None: ...

    def end(self, operation: str, end: Json) -> None: ...


class ProcessStopping(BaseException):
    """The process ends: the workflow stops where it is and goes on in another. Nothing of this is
    recorded.
    """


class OwnershipLost(BaseException):
    """Another replica has taken the work over: this run stops. Nothing of this is recorded."""
