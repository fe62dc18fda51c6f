"""Checks of Flannel's leases.

Flannel keeps a node's lease in the node's annotations, and all other nodes ignore a node without one. Its
pods have no readiness probe on Magnum, so these checks carry the weight.
"""

import json
from collections import defaultdict
from collections.abc import Iterable

from bot.drivers.facts import Check, ClusterFacts, Finding, error, warning

PREFIX = "flannel.alpha.coreos.com/"


def pod_ranges(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes without a pod range, and ranges that two nodes have."""
    owners: dict[str, str] = {}
    for node in facts.nodes:
        pod_range = node.spec.podCIDR
        if not pod_range:
            detail = "spec.podCIDR is empty, so Flannel gets no lease (node range full, or allocation is off)"
            advice = "free a range by removing nodes; a larger range needs a new cluster"
            yield error("no pod range", detail, node=node.name, advice=advice)
        elif pod_range in owners:
            title, detail = (
                "two nodes have one pod range",
                f"{pod_range} belongs to {owners[pod_range]} as well",
            )
            yield error(title, detail, node=node.name, advice="remove and re-join one")
        else:
            owners[pod_range] = node.name


def leases(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes where Flannel runs without a lease, or with an address that is not the node's."""
    running = {pod.node for pod in facts.pods if pod.ready}
    for node in facts.nodes:
        if node.name not in running:
            continue  # the finding about its pod says why
        annotations = node.metadata.annotations
        public = annotations.get(f"{PREFIX}public-ip-overwrite") or annotations.get(f"{PREFIX}public-ip", "")
        if annotations.get(f"{PREFIX}kube-subnet-manager") != "true":
            detail = f"the annotation {PREFIX}kube-subnet-manager is missing although Flannel runs"
            advice = f"restart its pod; {facts.diagnose(node.name)}"
            yield error("ignored by all other nodes", detail, node=node.name, advice=advice)
        elif node.internal_ip and public != node.internal_ip:
            detail = f"public-ip is {public or 'missing'}, InternalIP is {node.internal_ip}"
            title = "Flannel uses another address than the node's"
            yield warning(title, detail, node=node.name, advice="check --iface")


def tunnel_endpoints(facts: ClusterFacts) -> Iterable[Finding]:
    """Find addresses and VTEP MACs that several nodes have: traffic to them arrives at one of them only."""
    owners: dict[str, list[str]] = defaultdict(list)
    for node in facts.nodes:
        annotations = node.metadata.annotations
        address = annotations.get(f"{PREFIX}public-ip", "")
        mac = _vtep_mac(annotations.get(f"{PREFIX}backend-data", ""))
        for name, value in (("public-ip", address), ("VTEP MAC", mac)):
            if value:
                owners[f"{name} {value}"].append(node.name)
    advice = "remove the stale node's annotations, restart Flannel there"
    for endpoint, nodes in owners.items():
        if len(nodes) > 1:
            detail = f"{endpoint} stands on {' and '.join(nodes)}"
            yield error("two nodes are one tunnel endpoint", detail, node=nodes[-1], advice=advice)


def _vtep_mac(backend_data: str) -> str:
    try:
        data = json.loads(backend_data or "null")
    except ValueError:
        return ""
    return str(data.get("VtepMAC", "")) if isinstance(data, dict) else ""


CHECKS = (
    Check(name="pod ranges of the nodes", find=pod_ranges),
    Check(name="Flannel's leases", find=leases),
    Check(name="unique tunnel endpoints", find=tunnel_endpoints),
)
