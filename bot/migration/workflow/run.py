"""One run of a migration's workflow, as its steps see it.

A `Run` holds the plan, the ports to the outside, what earlier steps have recorded, and the tools that the
steps share: `steps` runs and records, `progress` tells, `clusters` opens both clusters for a look.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.adapters.durable.flow import Flow
from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow.cluster_views import ClusterViews, InventoryCache, RecordedState
from bot.migration.workflow.concurrency import MigrationPermit, needs_permit
from bot.migration.workflow.events import MigrationStepDone
from bot.migration.workflow.ports import ConcurrencyLimiter, Json, MigrationRegister, ProjectPorts
from bot.migration.workflow.progress import Progress, heading
from bot.migration.workflow.signals import SignalReader
from bot.migration.workflow.step import Position, Step
from bot.migration.workflow.step_runner import StepRunner
from storage.cluster_migrations import RUNNING


class Run:
    """What the steps of one migration share in one run."""

    def __init__(
        self,
        flow: Flow,
        *,
        plan: MigrationPlan,
        begun: datetime,
        ports: ProjectPorts,
        register: MigrationRegister,
        limiter: ConcurrencyLimiter,
        limit: Callable[[], int],
        retry_within: Callable[[], timedelta],
        now: Callable[[], datetime],
    ) -> None:
        """`limit` is how many migrations of the project may work at once; `begun` when this one began."""
        self.flow = flow
        self.migration = plan.migration
        self.plan = plan
        self.ports = ports
        self.recorded = RecordedState(target=plan.target.id)
        self.position = Position(begun=begun, since=begun)
        self.now = now
        self.progress = Progress(
            flow=flow, register=register, position=self.position, heading=heading(plan), now=now
        )
        self.permit = MigrationPermit(
            limiter=limiter,
            progress=self.progress,
            position=self.position,
            migration=plan.migration,
            operation=flow.operation,
            project=flow.project,
            limit=limit,
        )
        self.signals = SignalReader(register=register, migration=plan.migration, position=self.position)
        self.steps = StepRunner(
            flow=flow,
            position=self.position,
            progress=self.progress,
            signals=self.signals,
            permit=self.permit,
            retry_within=retry_within,
            now=now,
        )
        self.approvals = 0  # how many were asked for, which numbers them
        self._checked_after_pauses = 0

    def begin(self, step: Step, first: Callable[[], Json | None] = lambda: None) -> Json | None:
        """Enter a step of the migration, as soon as there is a permit for it. Raises `RollbackRequested`.

        `first` is called before. If it returns anything, the migration stays at the step where it was, and
        that is returned.
        """
        self.position.entered += 1

        def enter() -> Json:
            if obstacle := first():
                return {"stays": obstacle}
            now = self.now()
            self.progress.store(state=RUNNING, step=str(step), since=now, waits="")
            return {"at": now.isoformat()}

        permit = needs_permit(step, back=self.position.rolling_back)
        record = self.steps.do(f"{step}: begin", enter, permit=permit)
        if "stays" in record:
            stays: Json = record["stays"]
            return stays
        self.position.step, self.position.since = step, datetime.fromisoformat(record["at"])
        return None

    def finish(self, result: str, lines: Sequence[str] = (), *, announced: bool = False) -> None:
        """Note that the current step is done, and post it to the thread. Raises `RollbackRequested`.

        `announced` tells that a message of another kind, such as the card of an approval, says so already.
        """
        step, number = self.position.step, self.position.entered

        def leave() -> Json:
            seconds = (self.now() - self.position.since).total_seconds()
            event = {"what": "done", "step": str(step), "said": result, "seconds": round(seconds, 1)}
            self.progress.note(f"done:{number}", event)
            if not announced:
                self.progress.announce(
                    f"{number}-{step}", MigrationStepDone, seconds=seconds, said=result, lines=tuple(lines)
                )
            return {}

        self.steps.do(f"{step}: done", leave)
        self.position.finished.append(result)

    @contextlib.contextmanager
    def clusters(self, cache: InventoryCache | None = None) -> Iterator[ClusterViews]:
        """Open both clusters for one look. Belongs within a step. Raises `Problem`.

        Nothing of them is kept between steps; with a `cache` several steps share one reading of the source.
        """
        with (
            self.ports.connect(self.plan.source.id) as source,
            self.ports.connect(self.recorded.target) as target,
        ):
            yield ClusterViews(
                plan=self.plan,
                ports=self.ports,
                recorded=self.recorded,
                source=source,
                target=target,
                cache=cache or InventoryCache(),
            )

    def look(self, fn: Callable[[ClusterViews], Sequence[str]]) -> Sequence[str]:
        """Open both clusters, and return what `fn` still waits for there. Belongs within a step."""
        with self.clusters() as clusters:
            return fn(clusters)

    def mark_checked(self) -> None:
        """Remember that both clusters were checked now: a pause makes such a check stale."""
        self._checked_after_pauses = self.position.pauses

    @property
    def check_is_stale(self) -> bool:
        """Whether the migration was paused since both clusters were checked."""
        return self.position.pauses != self._checked_after_pauses
