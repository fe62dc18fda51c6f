"""The workflow played between two sandbox clusters, with a journal in place of DBOS, and people who
decide at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.actions.proposal import Proposal
from bot.adapters.durable.flow import Flow, OwnershipLost, ProcessStopping
from bot.adapters.durable.recorded_flow import RecordedFlow
from bot.adapters.kube.client import KubeClient
from bot.clusters.lifecycle.ports import LifecycleTimeouts, ProjectCloud
from bot.clusters.lifecycle.provisioner import ClusterOrder, Provisioner
from bot.common.canonical_json import digest
from bot.common.problems import Problem
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.planning.plan import MigrationPlan
from bot.migration.traffic.floating_ips import FloatingIpApi
from bot.migration.workflow.events import MigrationEnded, MigrationPaused
from bot.migration.workflow.ports import DecisionStatus, Json, MigrationDecision
from bot.migration.workflow.workflow import MigrationWorkflow
from bot.settings.mappings import Mappings
from storage.cluster_migrations import ClusterMigration, ClusterMigrationRepository
from storage.database import Database
from storage.migration_permits import MigrationPermitRepository
from storage.reservations import ReservationRepository
from tests.contract.migration.conftest import KEY, Cinder, Cloud, Octavia

OPERATION = "7f3a" + "0" * 28
LIMITS = LifecycleTimeouts(
    create=timedelta(minutes=1), delete=timedelta(minutes=1), verify=timedelta(minutes=1)
)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Approvers:
    """Decides as told: every decision is given at once, unless its name begins with what is refused."""

    def __init__(self) -> None:
        self.asked: dict[str, Proposal] = {}
        self.begun: set[str] = set()
        self.refused: set[str] = set()

    def is_required(self, kind: str) -> bool:
        return True

    def request(self, operation: str, name: str, proposal: Proposal) -> MigrationDecision:
        self.asked.setdefault(name, proposal)
        return MigrationDecision(id="aaaaaa", status=DecisionStatus.OPEN, line="open")

    def get(self, operation: str, name: str) -> MigrationDecision:
        if name in self.refused:
            return MigrationDecision(
                id="aaaaaa", status=DecisionStatus.ENDED, line="rejected by bo: not today"
            )
        status = DecisionStatus.BEGUN if name in self.begun else DecisionStatus.APPROVED
        return MigrationDecision(id="aaaaaa", status=status, line="approved by bo", by=("bo",))

    def start(self, operation: str, name: str, proposal: Proposal) -> None:
        assert digest(proposal.bound) == digest(self.asked[name].bound)
        self.begun.add(name)

    def close(self, operation: str, name: str, note: str) -> None:
        self.refused.add(name)


class Magnum:
    """Knows the source, until somebody has it deleted."""

    def __init__(self, source: str) -> None:
        self.there = {source}

    def template(self, ref: str) -> Json:
        raise AssertionError("nothing is built here")

    def clusters(self) -> list[Json]:
        return [{"uuid": uuid, "name": uuid} for uuid in self.there]

    def cluster(self, ref: str) -> Json:
        return {"uuid": ref, "name": ref, "status": "CREATE_COMPLETE", "node_count": 3}

    def create_cluster(self, values: Any, *, operation: str) -> str:
        raise AssertionError("nothing is built here")

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        self.there.discard(cluster)


@dataclasses.dataclass
class SandboxPorts:
    """The `ProjectPorts` of the two clusters."""

    clusters: Cloud
    magnum: Magnum
    mappings: Mappings = dataclasses.field(default_factory=Mappings)
    digest_keys: DigestKeys = dataclasses.field(default_factory=lambda: DigestKeys(keys=(KEY,)))
    floating_ips: FloatingIpApi | None = None
    answer: float | None = None  # seconds that a cluster has for one
    takes_snapshots: bool = True
    unhealthy: str = ""
    broken: Problem | None = None

    @property
    def cloud(self) -> ProjectCloud:
        return ProjectCloud(name="xloud", magnum=self.magnum, verify=_never, forget=lambda _cluster: None)

    @property
    def block_storage(self) -> Cinder:
        return Cinder(self.clusters.infrastructure)

    @property
    def load_balancers(self) -> Octavia:
        return Octavia(self.clusters.infrastructure)

    @contextlib.contextmanager
    def connect(self, cluster: str) -> Iterator[KubeClient]:
        if self.broken is not None:
            raise self.broken
        kube = self.clusters.kube(
            cluster.removeprefix("uuid-").removeprefix("kubeconfig:"), answer=self.answer
        )
        try:
            yield kube
        finally:
            kube.close()

    def driver_problem(self, cluster: str, driver: str) -> str:
        return self.unhealthy


def _never(_cluster: str, _driver: object) -> Any:
    raise AssertionError("verified by the ports")


class Listener:
    """What the workflow told; somebody may listen."""

    def __init__(self, heard: Callable[[str, object], None]) -> None:
        self._on_event = heard

    def report_progress(self, operation: str, state: object) -> None: ...

    def report_state(self, operation: str, name: str, state: object) -> None:
        self._on_event(name, state)

    def report_outcome(self, operation: str, outcome: Json) -> None: ...


class Journey:
    """One migration, run over a journal as often as it is cut off."""

    def __init__(
        self, cloud: Cloud, plan: MigrationPlan, folder: pathlib.Path, *, deploy: ClusterOrder | None = None
    ) -> None:
        database = Database.open(f"sqlite:///{folder}/journey.sqlite3")
        database.upgrade()
        self.register, self.turns = ClusterMigrationRepository(database), MigrationPermitRepository(database)
        self.approvers, self.magnum = Approvers(), Magnum(plan.source.id)
        self.ports = SandboxPorts(cloud, self.magnum)
        self.plan = plan
        self.journal: list[tuple[str, Json]] = []
        self.events: dict[str, object] = {}
        self.cuts = 0
        self.effects: set[int] = set()  # steps whose effect has happened at least once
        self.on_pause: list[str] = []  # what somebody wants at each pause, in their order
        self.at_step: dict[str, Callable[[], None]] = {}  # what happens right before a step of that name
        self.after_pause: Callable[[], None] = lambda: None  # what happens when a pause is told
        self.retry_for = timedelta(seconds=0.2)
        self.before_each: Callable[[str], None] = lambda _name: (
            None
        )  # what happens before every step that is new
        self.removed: list[str] = []
        self.register.create(_row(plan, deploy))
        self.workflow = MigrationWorkflow(
            register=self.register,
            limiter=self.turns,
            concurrency=lambda: 2,
            ports=lambda _project, _operation: self.ports,
            decisions=self.approvers,
            provisioner=Provisioner(ReservationRepository(database), now=utc_now),
            delete_cluster=self._remove,
            timeouts=lambda: LIMITS,
            ready_within=lambda: timedelta(seconds=40),
            retry_within=lambda: self.retry_for,
            now=utc_now,
        )

    def send_signal(self, word: str) -> None:
        """Send the migration a signal, as a person does with a button."""
        number = len([event for event in self.row.history if "number" in event])
        self.register.send_signal(self.plan.migration, word, by="ana", operation=f"wish-{number}")

    def run(self, *, twice: bool = False) -> MigrationEnded:
        """Play it to its end. `twice`: cut off after each effect before it is recorded, and after each
        record.
        """
        while True:
            recorder = _Recorder(self, twice=twice)
            flow = RecordedFlow(
                operation=OPERATION,
                project="shop",
                reporter=Listener(self._on_event),
                record=recorder.record,
                stopping=threading.Event(),
                owns=lambda: True,
            )
            try:
                return self.workflow(flow, {"migration": self.plan.migration})
            except (ProcessStopping, OwnershipLost):
                self.cuts += 1

    @property
    def paused(self) -> list[MigrationPaused]:
        return [event for event in self.events.values() if isinstance(event, MigrationPaused)]

    def _on_event(self, name: str, state: object) -> None:
        fresh = name not in self.events
        self.events[name] = state
        if fresh and isinstance(state, MigrationPaused):
            self.after_pause()
            if self.on_pause:
                self.send_signal(self.on_pause.pop(0))

    def _remove(self, flow: Flow, cluster: Json) -> object:
        def order() -> Json:
            flow.fence()
            self.magnum.delete_cluster(cluster["id"], operation=flow.operation)
            self.removed.append(cluster["id"])
            return {}

        return flow.step("delete", order)

    @property
    def row(self) -> ClusterMigration:
        stored = self.register.get(self.plan.migration)
        assert stored is not None
        return stored


class _Recorder:
    """Keeps the journal of one run, and dies where it is told to."""

    def __init__(self, journey: Journey, *, twice: bool) -> None:
        self._journey = journey
        self._twice = twice
        self._at = 0

    def record(self, name: str, do: Callable[[], Json]) -> Json:
        at, self._at = self._at, self._at + 1
        journal = self._journey.journal
        if at < len(journal):
            kept_name, output = journal[at]
            assert kept_name == name, f"the steps come in one order: {kept_name} was {name}"
            return output
        self._journey.before_each(name)
        happens = self._journey.at_step.pop(name, None)
        if happens is not None:
            happens()
        output = do()
        if self._twice and at not in self._journey.effects:
            self._journey.effects.add(at)
            raise ProcessStopping
        journal.append((name, output))
        if self._twice:
            raise ProcessStopping
        return output


def _row(plan: MigrationPlan, deploy: ClusterOrder | None) -> ClusterMigration:
    order = {
        "deploy": deploy.to_json() if deploy is not None else None,
        "soak": 0.0,
        "namespaces": [],
        "volumes": ["reattach"],
        "early": list(plan.early),
        "labels": {},
        "same_project": True,
    }
    return ClusterMigration(
        id=plan.migration,
        operation=OPERATION,
        project="shop",
        source=plan.source.id,
        source_name=plan.source.name,
        target=plan.target.id,
        target_name=plan.target.name,
        actor="U1",
        actor_name="ana",
        begun_at=utc_now(),
        order=order,
        plan=plan.model_dump(mode="json"),
        digest=digest(plan.bound()),
        step="deploy",
        since=utc_now(),
    )
