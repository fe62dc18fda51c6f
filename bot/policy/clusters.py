"""Into a cluster for its policies: which one is meant, which driver really runs there, and a client for
it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

from bot import __version__
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Forbidden
from bot.clusters.cluster import Cluster, ClusterNotFound
from bot.clusters.projects import ProjectParts, Projects
from bot.drivers.catalog import profile
from bot.drivers.verification import collector, detection
from bot.policy.errors import NoSuchChange
from bot.policy.preview import Where
from storage.policy_changes import PolicyChange


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyClient:
    """A cluster that a request is about, and a client for it."""

    where: Where
    kube: Kube


@dataclasses.dataclass(frozen=True)
class PolicyClusters:
    """The clusters of every project."""

    projects: Projects
    seconds: Callable[[], float]  # how long one cluster may take

    def name_of(self, cluster: str, *, project: str | None, operation: str) -> str:
        """The name of a cluster that is given by name or id. Raises `Problem`."""
        return self.projects.get(project, operation=operation).catalog.find(cluster).name

    def is_production(self, cluster: str, *, project: str | None, operation: str) -> bool:
        """Whether a cluster is marked production. Raises `Problem`."""
        return self.projects.get(project, operation=operation).catalog.find(cluster).production

    @contextlib.contextmanager
    def at(self, cluster: str, *, project: str | None, operation: str) -> Iterator[PolicyClient]:
        """A cluster of a project by name or id. Raises `Problem`."""
        parts = self.projects.get(project, operation=operation)
        with self._opened(parts, parts.catalog.find(cluster), operation) as at:
            yield at

    @contextlib.contextmanager
    def at_change(self, change: PolicyChange, *, operation: str) -> Iterator[PolicyClient]:
        """The cluster that a change was made in. Raises `NoSuchChange` if it is gone."""
        parts = self.projects.get(change.project, operation=operation)
        try:
            cluster = parts.catalog.find(change.cluster)
        except ClusterNotFound as gone:
            raise NoSuchChange(
                f"The cluster {change.cluster_name} of the change {change.operation[:4]} is gone",
                fix=gone.fix,
            ) from gone
        with self._opened(parts, cluster, operation) as at:
            yield at

    @contextlib.contextmanager
    def _opened(self, parts: ProjectParts, cluster: Cluster, operation: str) -> Iterator[PolicyClient]:
        agent = f"xk8s/{__version__} (operation {operation})"
        kube = Kube(parts.credentials.endpoint(cluster), user_agent=agent, seconds=self.seconds())
        try:
            yield PolicyClient(where=_where(parts, cluster, kube), kube=kube)
        finally:
            kube.close()


def _where(parts: ProjectParts, cluster: Cluster, kube: Kube) -> Where:
    """The cluster with the driver that really runs; the declared one where that cannot be seen."""
    try:
        running = [found.profile for found in detection.running_drivers(collector.daemon_sets(kube))]
    except Forbidden:
        running = [profile(cluster.driver)] if cluster.driver is not None else []
    enforcing = [found for found in running if found.enforces_network_policy]
    shown = next(iter(enforcing or running), None)
    return Where(
        project=parts.name,
        cluster=cluster.name,
        cluster_id=cluster.id,
        production=cluster.production,
        driver=shown.title if shown else "",
        enforces=bool(enforcing),
    )
