"""What the plan knows of the target: a cluster that is there, or one that a template promises."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Forbidden, NotFound
from bot.migration.inventory.api_discovery import ApiSurface, discover
from bot.migration.objects.manifest import Object


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetFacts:
    """The target as far as it is known. `exists` is False for a cluster that is still to be deployed."""

    exists: bool
    surface: ApiSurface
    nodes: tuple[Object, ...] = dataclasses.field(default=(), repr=False)
    storage_classes: Mapping[str, Object] = dataclasses.field(default_factory=dict, repr=False)
    ingress_classes: frozenset[str] = frozenset()
    csi_drivers: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @property
    def zones(self) -> frozenset[str]:
        """Availability zones of its nodes."""
        keys = ("topology.cinder.csi.openstack.org/zone", "topology.kubernetes.io/zone")
        labels = [node["metadata"].get("labels") or {} for node in self.nodes]
        return frozenset(each[key] for each in labels for key in keys if key in each)

    def has_node_with(self, wanted: Mapping[str, str]) -> bool:
        """Whether a node has all of some labels."""
        return any(
            all((node["metadata"].get("labels") or {}).get(key) == value for key, value in wanted.items())
            for node in self.nodes
        )


def look(kube: Kube) -> TargetFacts:
    """Read what the plan needs of a target that exists. Raises `KubeError`."""
    classes = {
        each["metadata"]["name"]: each for each in _all(kube, "/apis/storage.k8s.io/v1/storageclasses")
    }
    return TargetFacts(
        exists=True,
        surface=discover(kube),
        nodes=tuple(_all(kube, "/api/v1/nodes")),
        storage_classes=classes,
        ingress_classes=_names(kube, "/apis/networking.k8s.io/v1/ingressclasses"),
        csi_drivers=_names(kube, "/apis/storage.k8s.io/v1/csidrivers"),
        namespaces=_names(kube, "/api/v1/namespaces"),
    )


def promised(source: ApiSurface, version: str) -> TargetFacts:
    """A cluster that is still to be deployed, at a Kubernetes version."""
    from bot.migration.inventory.removed_apis import assumed

    return TargetFacts(exists=False, surface=assumed(source, version))


def _names(kube: Kube, path: str) -> frozenset[str]:
    return frozenset(each["metadata"]["name"] for each in _all(kube, path))


def _all(kube: Kube, path: str) -> list[dict[str, Any]]:
    try:
        return kube.all_of(path, dict)
    except (NotFound, Forbidden):
        return []
