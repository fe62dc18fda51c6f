"""Opens the cluster that a request about policies means, and finds out which driver runs there."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden
from bot.clusters.cluster import Cluster, ClusterNotFound
from bot.clusters.projects import ProjectParts, Projects
from bot.drivers.catalog import profile
from bot.drivers.verification import collector, detection
from bot.policy.errors import ChangeNotFound
from bot.policy.preview import PolicyCluster
from storage.policy_changes import PolicyChange


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyClient:
    """The cluster that a request is about, and a client for it."""

    cluster: PolicyCluster
    kube: KubeClient


@dataclasses.dataclass(frozen=True)
class PolicyClusters:
    """The clusters of every project. `seconds` says how long the requests to one cluster may take."""

    projects: Projects
    seconds: Callable[[], float]

    def find(self, cluster: str, *, project: str | None, operation: str) -> Cluster:
        """Return a cluster of a project by name or id. Raises `Problem`."""
        return self._find(cluster, project, operation)[1]

    @contextlib.contextmanager
    def open_cluster(self, cluster: str, *, project: str | None, operation: str) -> Iterator[PolicyClient]:
        """Open a cluster of a project by name or id. Raises `Problem`."""
        with self._open(*self._find(cluster, project, operation), operation) as client:
            yield client

    @contextlib.contextmanager
    def open_changed_cluster(self, change: PolicyChange, *, operation: str) -> Iterator[PolicyClient]:
        """Open the cluster that a change was made in. Raises `ChangeNotFound` if that cluster is gone."""
        try:
            parts, cluster = self._find(change.cluster, change.project, operation)
        except ClusterNotFound as not_found:
            raise ChangeNotFound(
                f"The cluster {change.cluster_name} of the change {change.operation[:4]} is gone",
                fix=not_found.fix,
            ) from not_found
        with self._open(parts, cluster, operation) as client:
            yield client

    def _find(self, cluster: str, project: str | None, operation: str) -> tuple[ProjectParts, Cluster]:
        parts = self.projects.get(project, operation=operation)
        return parts, parts.catalog.find(cluster)

    @contextlib.contextmanager
    def _open(self, parts: ProjectParts, cluster: Cluster, operation: str) -> Iterator[PolicyClient]:
        kube = parts.connect(cluster, operation=operation, seconds=self.seconds())
        try:
            yield PolicyClient(cluster=_describe(parts, cluster, kube), kube=kube)
        finally:
            kube.close()


def _describe(parts: ProjectParts, cluster: Cluster, kube: KubeClient) -> PolicyCluster:
    """The cluster with the driver that runs there; with the declared one where that cannot be read."""
    try:
        running = [driver.profile for driver in detection.running_drivers(collector.daemon_sets(kube))]
    except Forbidden:
        running = [profile(cluster.driver)] if cluster.driver is not None else []
    enforcing = [driver for driver in running if driver.enforces_network_policy]
    driver = next(iter(enforcing or running), None)
    return PolicyCluster(
        project=parts.name,
        name=cluster.name,
        id=cluster.id,
        production=cluster.production,
        driver=driver.title if driver else "",
        enforces=bool(enforcing),
    )
