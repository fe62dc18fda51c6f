"""What a plan knows of the target: a cluster that exists, or one that a template describes."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden, NotFound
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.removed_apis import assumed_surface
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects.fields import Object, labels_of

ZONES = ("topology.cinder.csi.openstack.org/zone", "topology.kubernetes.io/zone")  # labels of nodes


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetFacts:
    """The target as far as it is known. `exists` is False for a cluster that is still to be deployed."""

    exists: bool
    surface: ApiSurface
    nodes: tuple[Object, ...] = dataclasses.field(default=(), repr=False)
    storage_classes: Mapping[str, Object] = dataclasses.field(default_factory=dict, repr=False)
    ingress_classes: frozenset[str] = frozenset()
    csi_drivers: frozenset[str] = frozenset()

    @property
    def zones(self) -> frozenset[str]:
        """The availability zones of its nodes."""
        return frozenset(
            labels_of(node)[key] for node in self.nodes for key in ZONES if key in labels_of(node)
        )

    def has_node_with(self, labels: Mapping[str, str]) -> bool:
        """Return whether a node has all of some labels."""
        return any(labels.items() <= labels_of(node).items() for node in self.nodes)


def read_target_facts(kube: KubeClient) -> TargetFacts:
    """Read what a plan needs of a target that exists. Raises `KubeError`."""
    classes = _list(kube, "/apis/storage.k8s.io/v1/storageclasses")
    return TargetFacts(
        exists=True,
        surface=discover(kube),
        nodes=tuple(_list(kube, "/api/v1/nodes")),
        storage_classes={storage_class["metadata"]["name"]: storage_class for storage_class in classes},
        ingress_classes=_names(kube, "/apis/networking.k8s.io/v1/ingressclasses"),
        csi_drivers=_names(kube, "/apis/storage.k8s.io/v1/csidrivers"),
    )


def assumed_target(source: ApiSurface, version: str) -> TargetFacts:
    """Return what is known of a cluster that is still to be deployed, at a Kubernetes version."""
    return TargetFacts(exists=False, surface=assumed_surface(source, version))


def _names(kube: KubeClient, path: str) -> frozenset[str]:
    return frozenset(obj["metadata"]["name"] for obj in _list(kube, path))


def _list(kube: KubeClient, path: str) -> list[dict[str, Any]]:
    """Read a list; what is not served or may not be read is as if it were empty."""
    try:
        return kube.list_all(path, dict)
    except (NotFound, Forbidden):
        return []
