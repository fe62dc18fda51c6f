"""The flow of a migration, lent to the workflow that creates or deletes one cluster as a part of a step.

The steps of the borrowed flow are recorded among those of the migration, under a prefix, and its progress is
shown as that of the migration.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from bot.clusters.lifecycle.results import ClusterBuilding, ClusterDeleting
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run


class SubFlowInterrupted(Exception):
    """A person wants something of the migration; `signal` is the signal as it is recorded."""

    def __init__(self, signal: Json) -> None:
        super().__init__(signal)
        self.signal = signal


class SubFlow:
    """A `Flow` within the flow of a migration."""

    def __init__(
        self,
        run: Run,
        prefix: str,
        *,
        interruptible: bool,
        repeated: bool = False,
        on_result: Callable[[Json], None] = lambda _result: None,
    ) -> None:
        """`interruptible`: signals are heard, and raise `SubFlowInterrupted`; else nothing stops it any more.

        `repeated` tells that the workflow was run before in this run of the migration. `on_result` is called
        within each step, with its result, before that is recorded.
        """
        self._run = run
        self._flow = run.flow
        self._prefix = prefix
        self._interruptible = interruptible
        self._repeated = repeated
        self._on_result = on_result
        self.operation = run.flow.operation
        self.project = run.flow.project
        self.pause = run.flow.pause
        self.fence = run.flow.fence

    @property
    def run(self) -> str:
        """The id of this run, and another one if it is repeated.

        A repeated order is then taken for one whose answer was lost: the cluster is looked for first.
        """
        return uuid.uuid4().hex if self._repeated else self._flow.run

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """Record a step, with the permit of the migration. Raises `SubFlowInterrupted`."""

        def result() -> Json:
            value = do()
            self._on_result(value)
            return value

        def attempt() -> Json:
            if not self._interruptible:
                self._run.permit.acquire()  # counts as a holder, and waits for nothing any more
                return result()
            outcome = self._run.steps.attempt(result)
            done: Json = outcome.get("done", outcome)
            return done

        return self._uninterrupted(self._flow.step(f"{self._prefix}: {name}", attempt))

    def until(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """Record what `look` finds, with the permit of the migration. Raises `SubFlowInterrupted`."""
        if not self._interruptible:
            return self._flow.until(f"{self._prefix}: {name}", look, every=every)

        def look_once() -> Json | None:
            if (signal := self._run.signals.pending()) is not None:
                return signal
            result = look() if self._run.permit.acquire() else None
            return None if result is None else {"done": result}

        record = self._flow.until(f"{self._prefix}: {name}", look_once, every=every)
        done: Json = self._uninterrupted(record)["done"]
        return done

    def progress(self, state: object) -> None:
        """Show what Magnum says of the cluster."""
        if isinstance(state, ClusterBuilding):
            self._run.progress.show(f"Magnum says {state.status or 'accepted'}", trouble=state.trouble)
        elif isinstance(state, ClusterDeleting):
            deleting = state.status.startswith("DELETE")
            detail = f"Magnum says {state.status}" if deleting else "Magnum is told to delete it"
            self._run.progress.show(detail, trouble=state.trouble)

    def changed(self, name: str, state: object) -> None:
        """Drop the events of the borrowed workflow: the migration has its own."""

    def _uninterrupted(self, record: Json) -> Json:
        if self._interruptible and "wanted" in record:
            raise SubFlowInterrupted(record)
        return record
