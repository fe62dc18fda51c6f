"""Ports: what the workflow needs from outside, which is clusters, the cloud, and decisions by people."""

import dataclasses
import enum
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from bot.actions.proposal import Proposal
from bot.adapters.kube.client import KubeClient
from bot.clusters.lifecycle.ports import ProjectCloud
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.proof.load_balancers import LoadBalancerApi
from bot.migration.traffic.floating_ips import FloatingIpApi
from bot.migration.volumes.snapshots import SnapshotApi
from bot.settings.mappings import Mappings

Json = dict[str, Any]


class ProjectPorts(Protocol):
    """One project, for one operation.

    Everything is looked up when it is used, within a step, so that the configuration in force counts and a
    problem is recorded. All of it raises `Problem` if the project is gone from the configuration.
    """

    @property
    def cloud(self) -> ProjectCloud:
        """The Magnum of the project. Without a cloud its calls raise `NoCloud`, but the property does not."""

    @property
    def block_storage(self) -> SnapshotApi | None:
        """The Cinder of the project; None where it has no cloud."""

    @property
    def takes_snapshots(self) -> bool:
        """Whether snapshots of disks are taken before these move."""

    @property
    def floating_ips(self) -> FloatingIpApi | None:
        """The Neutron of the project; None where it has no cloud."""

    @property
    def load_balancers(self) -> LoadBalancerApi | None:
        """The Octavia of the project; None where it has no cloud."""

    @property
    def mappings(self) -> Mappings:
        """The names that differ in the new cluster, as the configuration has them."""

    @property
    def digest_keys(self) -> DigestKeys:
        """The keys of the digests of Secrets."""

    def connect(self, cluster: str) -> AbstractContextManager[KubeClient]:
        """Open a client for a cluster, by its id."""

    def driver_problem(self, cluster: str, driver: str) -> str:
        """Verify a cluster, by its id, and say what is wrong with its driver; empty if it is healthy."""


ProjectPortsFactory = Callable[[str, str], ProjectPorts]  # by project and operation


class DecisionStatus(enum.Enum):
    """How far a decision has come."""

    OPEN = "open"
    APPROVED = "approved"
    BEGUN = "begun"  # what was approved is being done
    ENDED = "ended"  # rejected, withdrawn, expired or void: there is no approval


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationDecision:
    """A decision that the workflow waits for."""

    id: str
    status: DecisionStatus
    line: str  # the status in words
    by: tuple[str, ...] = ()  # who approved
    not_before: datetime | None = None


class DecisionPort(Protocol):
    """Decisions by a second person. The workflow names each of them. All of it raises `Problem`."""

    def is_required(self, kind: str) -> bool:
        """Whether the configuration asks for a decision before a kind of change."""

    def request(self, operation: str, name: str, proposal: Proposal) -> MigrationDecision:
        """Ask for a decision. Asking again under the same name returns the same decision."""

    def get(self, operation: str, name: str) -> MigrationDecision:
        """Return a decision as it is now."""

    def start(self, operation: str, name: str, proposal: Proposal) -> None:
        """Begin what was approved, also a second time. Raises `Refusal` if it is not what was shown."""

    def close(self, operation: str, name: str, note: str) -> None:
        """Void a decision that nobody waits for any more."""
