"""Reads both clusters for a plan. Nothing is written anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import KubeError
from bot.drivers.catalog import profiles
from bot.migration.inventory.api_discovery import CommonApis, common_apis, discover
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.inventory.target_facts import TargetFacts, look, promised
from bot.policy.cluster_state import ClusterState, read_cluster_state

# names of what Magnum puts into kube-system, by their beginning (docs of its labels, version 20); those of
# drivers are in their profiles
ADD_ONS = (
    "coredns",
    "kube-dns",
    "csi-",
    "openstack-",
    "k8s-keystone-auth",
    "npd",
    "node-problem-detector",
    "draino",
    "magnum-",
    "cluster-autoscaler",
    "octavia-ingress",
    "ingress-traefik",
    "traefik",
    "kubernetes-dashboard",
    "dashboard-",
    "metrics-server",
    "heapster",
    "tiller",
    "nginx-ingress",
    "ingress-nginx",
    "kube-proxy",
    "snapshot-controller",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Survey:
    """What was read for a plan."""

    inventory: Inventory
    target: TargetFacts
    snapshot: ClusterState
    strangers: tuple[str, ...]
    everything: bool = True  # no namespaces were chosen: a new one belongs to it too


def survey(source: Kube, target: Kube | None, *, namespaces: Sequence[str], kubernetes: str = "") -> Survey:
    """Read the source, and the target if it exists; else one of the Kubernetes version is assumed.

    Raises `NoSuchNamespace`, `KubeError`.
    """
    surface = discover(source)
    facts = look(target) if target is not None else promised(surface, kubernetes)
    both = common_apis(surface, facts.surface)
    inventory = read(source, surface=surface, resources=[*both.shared, *both.missing], namespaces=namespaces)
    return Survey(
        inventory=inventory,
        target=facts,
        snapshot=read_cluster_state(source),
        strangers=_strangers(source),
        everything=not namespaces,
    )


def again(source: Kube, agreement: CommonApis, namespaces: Sequence[str]) -> Inventory:
    """Read the source again, at the versions that were agreed. Raises `KubeError`."""
    return read(
        source,
        surface=discover(source),
        resources=[*agreement.shared, *agreement.missing],
        namespaces=namespaces,
    )


def _strangers(source: Kube) -> tuple[str, ...]:
    """Workloads in kube-system that are no add-ons of Magnum's: somebody may have put them there."""
    add_ons = (*ADD_ONS, *(prefix for profile in profiles() for prefix in profile.add_ons))
    found = set()
    for plural in ("deployments", "statefulsets", "daemonsets"):
        try:
            listed = source.all_of(f"/apis/apps/v1/namespaces/kube-system/{plural}", dict)
        except KubeError:
            continue  # whoever may not look there owns nothing there
        found |= {each["metadata"]["name"] for each in listed}
    return tuple(sorted(name for name in found if not name.startswith(add_ons)))
