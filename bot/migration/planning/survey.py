"""Reads both clusters for a plan. Nothing is written anywhere."""

import dataclasses
from collections.abc import Sequence

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import KubeError
from bot.drivers.catalog import profiles
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.inventory.served_apis import ApiSurface, CommonApis, common_apis
from bot.migration.inventory.target_facts import TargetFacts, assumed_target, read_target_facts
from bot.policy.cluster_state import ClusterState, read_cluster_state

# the prefixes of the names of what Magnum installs in kube-system (docs of its labels, version 20); those of
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


def survey(
    source: KubeClient, target: KubeClient | None, *, namespaces: Sequence[str], kubernetes: str = ""
) -> Survey:
    """Read the source, and the target if it exists; else one of the Kubernetes version is assumed.

    Without namespaces all but the system's are read. Raises `UnknownNamespace` and `KubeError`.
    """
    surface = discover(source)
    facts = read_target_facts(target) if target is not None else assumed_target(surface, kubernetes)
    return Survey(
        inventory=read_source(source, surface, common_apis(surface, facts.surface), namespaces),
        target=facts,
        network=read_cluster_state(source),
        unknown_addons=_unknown_addons(source),
        everything=not namespaces,
    )


def read_source(
    source: KubeClient, surface: ApiSurface, common: CommonApis, namespaces: Sequence[str]
) -> Inventory:
    """Read the source, which serves `surface`, at the versions at which it is or was planned.

    Raises `UnknownNamespace` for a namespace that does not exist, or is gone since, and `KubeError`.
    """
    resources = [*common.shared, *common.missing]
    return read(source, surface=surface, resources=resources, namespaces=namespaces)


def _unknown_addons(source: KubeClient) -> tuple[str, ...]:
    """Return the workloads in kube-system that Magnum does not install: somebody may have put them there."""
    names = set()
    add_ons = (*ADD_ONS, *(prefix for profile in profiles() for prefix in profile.add_ons))
    for plural in ("deployments", "statefulsets", "daemonsets"):
        try:
            workloads = source.list_all(f"/apis/apps/v1/namespaces/kube-system/{plural}", dict)
        except KubeError:
            continue  # who may not list them there owns nothing there
        names |= {workload["metadata"]["name"] for workload in workloads}
    return tuple(sorted(name for name in names if not name.startswith(add_ons)))
