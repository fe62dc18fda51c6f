"""Runs the workflow that creates or deletes one cluster as a part of a migration's step.

Its steps are recorded among those of the migration, under a prefix, and its progress is shown as that of the
migration.
"""

import dataclasses
import uuid
from collections.abc import Callable

from bot.clusters.lifecycle.results import ClusterBuilding, ClusterDeleting
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run


class SubFlowInterrupted(Exception):
    """A person sent the migration a signal; `signal` is that signal as it is recorded."""

    def __init__(self, signal: Json) -> None:
        super().__init__(signal)
        self.signal = signal


@dataclasses.dataclass(kw_only=True)
class SubFlow:
    """A `Flow` within the flow of a migration."""

    migration: Run
    prefix: str
    interruptible: bool  # signals are heard, and raise `SubFlowInterrupted`; else nothing stops it any more
    repeated: bool = False  # the workflow was run before in this run of the migration
    # called within each step with its result, before that is recorded
    on_result: Callable[[Json], None] = lambda _result: None

    def __post_init__(self) -> None:
        """Take over what is the same as in the flow of the migration."""
        flow = self._flow = self.migration.flow
        self.operation, self.project = flow.operation, flow.project
        self.sleep, self.fence = flow.sleep, flow.fence

    @property
    def run(self) -> str:
        """The id of this run, and another one if it is repeated.

        A repeated order is then taken for one whose answer was lost: the cluster is looked for first.
        """
        return uuid.uuid4().hex if self.repeated else self._flow.run

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """Record a step, with the permit of the migration. Raises `SubFlowInterrupted`."""

        def attempt() -> Json:
            if not self.interruptible:
                self.migration.permit.acquire()  # it counts as a holder, and waits for nothing any more
                return do()
            outcome = self.migration.steps.attempt(do)
            if "done" not in outcome:
                return outcome
            result: Json = outcome["done"]
            self.on_result(result)
            return result

        return self._uninterrupted(self._flow.step(f"{self.prefix}: {name}", attempt))

    def poll(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """Record what `look` finds, with the permit of the migration. Raises `SubFlowInterrupted`."""
        if not self.interruptible:
            return self._flow.poll(f"{self.prefix}: {name}", look, every=every)

        def look_once() -> Json | None:
            if (signal := self.migration.signals.pending()) is not None:
                return signal
            result = look() if self.migration.permit.acquire() else None
            return None if result is None else {"done": result}

        record = self._flow.poll(f"{self.prefix}: {name}", look_once, every=every)
        value: Json = self._uninterrupted(record)["done"]
        return value

    def report_progress(self, state: object) -> None:
        """Show what Magnum says of the cluster."""
        if isinstance(state, ClusterBuilding):
            self.migration.progress.show(f"Magnum says {state.status or 'accepted'}", trouble=state.trouble)
        elif isinstance(state, ClusterDeleting):
            deleting = state.status.startswith("DELETE")
            detail = f"Magnum says {state.status}" if deleting else "Magnum is told to delete it"
            self.migration.progress.show(detail, trouble=state.trouble)

    def report_state(self, name: str, state: object) -> None:
        """Drop the events of the inner workflow: the migration has its own."""

    def _uninterrupted(self, record: Json) -> Json:
        if self.interruptible and "wanted" in record:
            raise SubFlowInterrupted(record)
        return record
