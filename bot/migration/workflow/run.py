"""One run of a migration's workflow, as its steps see it.

A `Run` holds the plan, the ports to the outside, what earlier steps have recorded, and the tools that the
steps share: `steps` runs and records, `progress` tells, `clusters` opens both clusters for a look.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.adapters.durable.flow import Flow
from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow.cluster_views import ClusterViews, InventoryCache, RecordedState
from bot.migration.workflow.concurrency import MigrationPermit, needs_permit
from bot.migration.workflow.events import MigrationStepDone
from bot.migration.workflow.ports import DecisionPort, Json, ProjectPorts
from bot.migration.workflow.progress import Progress, heading
from bot.migration.workflow.signals import SignalReader
from bot.migration.workflow.step import Position, Step
from bot.migration.workflow.step_runner import StepRunner
from storage.cluster_migrations import RUNNING, ClusterMigrationRepository
from storage.migration_permits import MigrationPermitRepository


@dataclasses.dataclass(kw_only=True)
class Run:
    """What the steps of one migration share in one run."""

    flow: Flow
    plan: MigrationPlan
    began: datetime  # when the migration began
    ports: ProjectPorts
    decisions: DecisionPort
    register: ClusterMigrationRepository
    limiter: MigrationPermitRepository
    limit: Callable[[], int]  # how many migrations of the project may work at once
    retry_within: Callable[[], timedelta]  # how long a step is repeated before the migration pauses
    now: Callable[[], datetime]
    approvals: int = 0  # how many were asked for, which numbers them
    _checked_after_pauses: int = 0

    def __post_init__(self) -> None:
        """Compose the tools of this run."""
        flow, register, now = self.flow, self.register, self.now
        self.migration = self.plan.migration
        self.recorded = RecordedState(target=self.plan.target.id)
        position = self.position = Position(began=self.began, since=self.began)
        progress = self.progress = Progress(
            flow=flow, register=register, position=position, heading=heading(self.plan), now=now
        )
        self.signals = SignalReader(register=register, migration=self.migration, position=position)
        self.permit = MigrationPermit(
            limiter=self.limiter, progress=progress, position=position, flow=flow, limit=self.limit
        )
        self.steps = StepRunner(
            flow=flow,
            position=position,
            progress=progress,
            signals=self.signals,
            permit=self.permit,
            retry_within=self.retry_within,
            now=now,
        )

    def begin(self, step: Step, first: Callable[[], Json | None] = lambda: None) -> Json | None:
        """Enter a step of the migration, as soon as there is a permit for it. Raises `RollbackRequested`.

        `first` is called before. If it returns anything, the migration stays at the step where it was, and
        that is returned.
        """
        self.position.entered += 1

        def enter() -> Json:
            if blocker := first():
                return {"stays": blocker}
            now = self.now()
            self.progress.store(state=RUNNING, step=str(step), since=now, waits="")
            return {"at": now.isoformat()}

        permit = needs_permit(step, rolling_back=self.position.rolling_back)
        record = self.steps.do(f"{step}: begin", enter, permit=permit)
        if "stays" in record:
            obstacle: Json = record["stays"]
            return obstacle
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
