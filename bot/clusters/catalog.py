"""All clusters of a project: Magnum's, and those that only the configuration knows.

Magnum out of reach does not hide the others: what is missing is said. A name that means two things is
never guessed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot.adapters.openstack.magnum_errors import MagnumError
from bot.clusters.cluster import AmbiguousCluster, Cluster, ClusterNotFound, Listed
from bot.drivers.catalog import known
from bot.drivers.catalog import names as known_drivers
from bot.drivers.driver import Driver


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConfiguredEntry:
    """A cluster of the configuration, or marks for one of Magnum's."""

    kubeconfig: Path | None = None
    context: str | None = None
    driver: Driver | None = None
    production: bool = False


class ClusterSource(Protocol):
    """What the catalogue asks Magnum."""

    def clusters(self) -> list[dict[str, Any]]: ...

    def cluster(self, ref: str) -> dict[str, Any]: ...

    def templates(self) -> list[dict[str, Any]]: ...


class ClusterCatalog:
    """The clusters of one project."""

    def __init__(
        self, *, project: str, magnum: ClusterSource | None, configured: Mapping[str, ConfiguredEntry]
    ) -> None:
        self._project = project
        self._magnum = magnum
        self._configured = configured

    def all(self) -> Listed:
        """Every cluster, by name."""
        own = [
            self._from_configuration(name, found)
            for name, found in self._configured.items()
            if found.kubeconfig
        ]
        unread: MagnumError | None = None
        deployed: list[Cluster] = []
        if self._magnum is not None:
            try:
                drivers = {
                    found["uuid"]: known(found.get("network_driver")) for found in self._magnum.templates()
                }
                deployed = [self._from_magnum(found, drivers) for found in self._magnum.clusters()]
            except MagnumError as error:
                unread = error
        return Listed(clusters=tuple(sorted([*own, *deployed], key=lambda found: found.name)), unread=unread)

    def find(self, ref: str) -> Cluster:
        """The cluster with a name or id. Raises `ClusterNotFound`, `AmbiguousCluster` or `MagnumError`."""
        listed = self.all()
        by_id = [cluster for cluster in listed.clusters if cluster.id == ref]
        named = by_id or [cluster for cluster in listed.clusters if cluster.name == ref]
        if len(named) == 1:
            return self._in_full(named[0])
        if named:
            raise AmbiguousCluster(ref, named)
        if listed.unread is not None:
            raise listed.unread
        names = sorted({cluster.name for cluster in listed.clusters})
        near = difflib.get_close_matches(ref, [*names, *known_drivers()], n=1)
        meant = f"Did you mean `{near[0]}`? " if near else ""
        raise ClusterNotFound(
            f"There is no cluster {ref} in {self._project}", fix=f"{meant}See `/xk8s cluster list`."
        )

    def _in_full(self, cluster: Cluster) -> Cluster:
        if not cluster.from_magnum or self._magnum is None:
            return cluster
        return self._from_magnum(self._magnum.cluster(cluster.id), {cluster.template: cluster.driver})

    def _from_configuration(self, name: str, found: ConfiguredEntry) -> Cluster:
        return Cluster(
            id=f"kubeconfig:{name}",
            name=name,
            project=self._project,
            driver=found.driver,
            production=found.production,
            kubeconfig=found.kubeconfig,
            context=found.context,
        )

    def _from_magnum(self, found: Mapping[str, Any], drivers: Mapping[str, Driver | None]) -> Cluster:
        marks = (
            self._configured.get(found["name"]) or self._configured.get(found["uuid"]) or ConfiguredEntry()
        )
        marks = marks if marks.kubeconfig is None else ConfiguredEntry()
        labels = {str(key): str(value) for key, value in (found.get("labels") or {}).items()}
        return Cluster(
            id=found["uuid"],
            name=found["name"],
            project=self._project,
            driver=drivers.get(found.get("cluster_template_id", "")) or marks.driver,
            status=found.get("status") or "",
            status_reason=found.get("status_reason") or "",
            faults=dict(found.get("faults") or {}),
            health=found.get("health_status") or "",
            kubernetes=found.get("coe_version") or labels.get("kube_tag", ""),
            api_address=found.get("api_address") or "",
            masters=found.get("master_count"),
            nodes=found.get("node_count"),
            template=found.get("cluster_template_id", ""),
            production=marks.production,
            labels=labels,
            created=_time(found.get("created_at")),
        )


def _time(text: str | None) -> datetime | None:
    if text:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(text)
    return None
