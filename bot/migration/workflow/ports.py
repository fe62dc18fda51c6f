"""What the workflow asks of the world: both clusters, the cloud, decisions by people, and where it is
noted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from bot.access.proposal import Proposal
from bot.adapters.kube.client import Kube
from bot.clusters.lifecycle.ports import ProjectCloud
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.proof.load_balancers import LoadBalancerApi
from bot.migration.traffic.floating_ips import FloatingIpApi
from bot.migration.volumes.snapshots import SnapshotApi
from bot.settings.file import Mappings
from storage.cluster_migrations import ClusterMigration, PendingSignal
from storage.migration_turns import ConcurrencyPermit

Json = dict[str, Any]


class ProjectPorts(Protocol):
    """One project, for one operation, looked up whenever it is used: within a step, where a problem is
    recorded.

    All of it raises `Problem` if the project is gone from the configuration.
    """

    @property
    def site(self) -> ProjectCloud:
        """Its Magnum. What it is asked raises `NoCloud` where there is none; the site itself never does."""
        ...

    @property
    def disks(self) -> SnapshotApi | None:
        """Its Cinder."""
        ...

    @property
    def takes_snapshots(self) -> bool:
        """Whether snapshots of disks are taken before these move."""
        ...

    @property
    def addresses(self) -> FloatingIpApi | None:
        """Its Neutron."""
        ...

    @property
    def balancers(self) -> LoadBalancerApi | None:
        """Its Octavia."""
        ...

    @property
    def mappings(self) -> Mappings:
        """What is called otherwise in the new cluster."""
        ...

    @property
    def keys(self) -> DigestKeys:
        """Of the digests of Secrets."""
        ...

    def connect(self, cluster: str) -> AbstractContextManager[Kube]:
        """A client for a cluster, by its id."""
        ...

    def driver_problem(self, cluster: str, driver: str) -> str:
        """What is wrong with a cluster's driver; empty if it is healthy."""
        ...


ProjectPortsFactory = Callable[[str, str], ProjectPorts]  # by project and operation


class MigrationRegister(Protocol):
    """Where migrations are noted. All of it raises `DatabaseError`."""

    def get(self, migration: str, *, project: str | None = None) -> ClusterMigration | None: ...

    def wish(self, migration: str) -> PendingSignal | None: ...

    def stands(self, migration: str, **values: Any) -> None: ...

    def tell(self, migration: str, event: Json, *, once: str) -> None: ...


class ConcurrencyLimiter(Protocol):
    """So many migrations of a project are at work at once. All of it raises `DatabaseError`."""

    def take(self, migration: str, *, operation: str, project: str, at_once: int | None) -> ConcurrencyPermit:
        """Take a turn if there is one, else stand in line; None: wait for nobody."""
        ...

    def give_back(self, migration: str) -> None:
        """Hold no turn and stand in no line."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecisionState:
    """Where a decision stands. `state`: open, approved, begun, or ended without a consent; `line` says
    it in words.
    """

    id: str
    state: str
    line: str
    by: tuple[str, ...] = ()
    not_before: datetime | None = None


OPEN, APPROVED, BEGUN, ENDED = "open", "approved", "begun", "ended"


class DecisionPort(Protocol):
    """Decisions by a second person that the workflow waits for. All of it raises `Problem`."""

    def needed(self, kind: str) -> bool:
        """Whether a kind of change needs one."""
        ...

    def ask(self, operation: str, name: str, proposal: Proposal) -> DecisionState:
        """Ask for one; the same name again is the same decision."""
        ...

    def look(self, operation: str, name: str) -> DecisionState:
        """Where it stands."""
        ...

    def start(self, operation: str, name: str, proposal: Proposal) -> str:
        """Begin what was approved, if it still is what was shown; else why not. A second attempt is let
        through.
        """
        ...

    def close(self, operation: str, name: str, note: str) -> None:
        """Nobody waits for it any more."""
        ...
