"""Reads both clusters for a plan. Nothing is written anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import KubeError
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.inventory.served_apis import ApiSurface, CommonApis, common_apis
from bot.migration.inventory.target_facts import TargetFacts, promised, read_target_facts
from bot.policy.cluster_state import ClusterState, read_cluster_state

# the prefixes of the names of what Magnum installs in kube-system (docs of its labels, version 20)
ADD_ONS = (
    "calico-",
    "kube-flannel",
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
    """What was read for a plan.

    `network` is the source as the reachability engine sees it. `unknown_addons` are the workloads in
    kube-system that Magnum does not install. `everything` says that no namespaces were chosen, so that one
    that is created later belongs to the migration too.
    """

    inventory: Inventory
    target: TargetFacts
    network: ClusterState
    unknown_addons: tuple[str, ...]
    everything: bool = True


def survey(source: Kube, target: Kube | None, *, namespaces: Sequence[str], kubernetes: str = "") -> Survey:
    """Read the source, and the target if it exists.

    Args:
        source: The cluster that is migrated.
        target: The cluster to migrate into; None if it is still to be deployed.
        namespaces: The namespaces that were chosen; none means all but the system's.
        kubernetes: The Kubernetes version of a target that is still to be deployed.

    Raises:
        UnknownNamespace: A chosen namespace does not exist, or is the system's.
        KubeError: An API server does not answer.
    """
    surface = discover(source)
    facts = read_target_facts(target) if target is not None else promised(surface, kubernetes)
    return Survey(
        inventory=_read_source(source, surface, common_apis(surface, facts.surface), namespaces),
        target=facts,
        network=read_cluster_state(source),
        unknown_addons=_unknown_addons(source),
        everything=not namespaces,
    )


def again(source: Kube, common: CommonApis, namespaces: Sequence[str]) -> Inventory:
    """Read the source once more, at the versions at which it was planned.

    Raises:
        UnknownNamespace: A namespace of the plan is gone.
        KubeError: The API server does not answer.
    """
    return _read_source(source, discover(source), common, namespaces)


def _read_source(
    source: Kube, surface: ApiSurface, common: CommonApis, namespaces: Sequence[str]
) -> Inventory:
    resources = [*common.shared, *common.missing]
    return read(source, surface=surface, resources=resources, namespaces=namespaces)


def _unknown_addons(source: Kube) -> tuple[str, ...]:
    """Return the workloads in kube-system that Magnum does not install: somebody may have put them there."""
    names = set()
    for plural in ("deployments", "statefulsets", "daemonsets"):
        try:
            workloads = source.all_of(f"/apis/apps/v1/namespaces/kube-system/{plural}", dict)
        except KubeError:
            continue  # who may not list them there owns nothing there
        names |= {workload["metadata"]["name"] for workload in workloads}
    return tuple(sorted(name for name in names if not name.startswith(ADD_ONS)))
