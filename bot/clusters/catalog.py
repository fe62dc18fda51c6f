"""All clusters of a project: those of Magnum, and those that only the configuration knows.

While Magnum is out of reach the clusters of the configuration are listed all the same, together with what is
missing. A name that several clusters have is never guessed.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from bot.adapters.openstack.magnum_errors import MagnumError
from bot.clusters.cluster import AmbiguousCluster, Cluster, ClusterListing, ClusterNotFound
from bot.clusters.references import matches, parse_time, suggestion
from bot.drivers import catalog as drivers
from bot.drivers.driver import Driver


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConfiguredEntry:
    """A cluster of the configuration, or, without a kubeconfig, marks for one of Magnum's."""

    kubeconfig: Path | None = None
    context: str | None = None
    driver: Driver | None = None
    production: bool = False


class ClusterSource(Protocol):
    """What the catalogue asks of Magnum; all of it raises `MagnumError`."""

    def clusters(self) -> list[dict[str, Any]]: ...

    def cluster(self, ref: str) -> dict[str, Any]: ...

    def templates(self) -> list[dict[str, Any]]: ...


class ClusterCatalog:
    """The clusters of one project."""

    def __init__(
        self, *, project: str, magnum: ClusterSource | None, configured: Mapping[str, ConfiguredEntry]
    ) -> None:
        """`configured` has entries by a cluster's name, or by its UUID in Magnum."""
        self._project = project
        self._magnum = magnum
        self._configured = configured

    def all(self) -> ClusterListing:
        """Return every cluster, by name."""
        configured = [
            self._from_entry(name, entry) for name, entry in self._configured.items() if entry.kubeconfig
        ]
        error, deployed = None, []
        try:
            deployed = self._deployed()
        except MagnumError as failure:
            error = failure
        clusters = sorted([*configured, *deployed], key=lambda cluster: cluster.name)
        return ClusterListing(clusters=tuple(clusters), unread=error)

    def find(self, ref: str) -> Cluster:
        """Return the cluster with a name or id, in full.

        Raises `ClusterNotFound`, `AmbiguousCluster`, or `MagnumError` if Magnum could not be asked.
        """
        listed = self.all()
        matching = matches(ref, listed.clusters)
        if len(matching) > 1:
            raise AmbiguousCluster(ref, matching)
        if matching:
            return self._in_full(matching[0])
        if listed.unread is not None:
            raise listed.unread
        names = sorted({cluster.name for cluster in listed.clusters})
        raise ClusterNotFound(
            f"There is no cluster {ref} in {self._project}",
            fix=f"{suggestion(ref, [*names, *drivers.names()])}See `/xk8s cluster list`.",
        )

    def _deployed(self) -> list[Cluster]:
        if self._magnum is None:
            return []
        by_template = {
            template["uuid"]: drivers.find_driver(template.get("network_driver"))
            for template in self._magnum.templates()
        }
        return [self._from_magnum(body, by_template) for body in self._magnum.clusters()]

    def _in_full(self, cluster: Cluster) -> Cluster:
        """Read again what Magnum's list of clusters leaves out."""
        if not cluster.from_magnum or self._magnum is None:
            return cluster
        return self._from_magnum(self._magnum.cluster(cluster.id), {cluster.template: cluster.driver})

    def _from_entry(self, name: str, entry: ConfiguredEntry) -> Cluster:
        return Cluster(
            id=f"kubeconfig:{name}",
            name=name,
            project=self._project,
            driver=entry.driver,
            production=entry.production,
            kubeconfig=entry.kubeconfig,
            context=entry.context,
        )

    def _from_magnum(self, body: Mapping[str, Any], by_template: Mapping[str, Driver | None]) -> Cluster:
        marks = self._configured.get(body["name"]) or self._configured.get(body["uuid"])
        if marks is None or marks.kubeconfig is not None:
            marks = ConfiguredEntry()
        labels = {str(key): str(value) for key, value in (body.get("labels") or {}).items()}
        return Cluster(
            id=body["uuid"],
            name=body["name"],
            project=self._project,
            driver=by_template.get(body.get("cluster_template_id", "")) or marks.driver,
            status=body.get("status") or "",
            status_reason=body.get("status_reason") or "",
            faults=dict(body.get("faults") or {}),
            health=body.get("health_status") or "",
            kubernetes=body.get("coe_version") or labels.get("kube_tag", ""),
            api_address=body.get("api_address") or "",
            masters=body.get("master_count"),
            nodes=body.get("node_count"),
            template=body.get("cluster_template_id", ""),
            production=marks.production,
            labels=labels,
            created=parse_time(body.get("created_at")),
        )
