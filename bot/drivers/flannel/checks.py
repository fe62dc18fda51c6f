"""Checks of Flannel's leases.

Flannel keeps a node's lease in the node's annotations, and all other nodes ignore a node without one. Its
pods have no readiness probe on Magnum, so these checks carry the weight.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from bot.drivers.facts import Check, ClusterFacts, Finding, Severity

PREFIX = "flannel.alpha.coreos.com/"


def pod_ranges(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes without a pod range, and ranges that two nodes have."""
    owners: dict[str, str] = {}
    for node in facts.nodes:
        pod_range = node.spec.podCIDR
        if not pod_range:
            yield Finding(
                severity=Severity.ERROR,
                title="no pod range",
                node=node.name,
                detail=(
                    "spec.podCIDR is empty, so Flannel gets no lease (node range full, or allocation is off)"
                ),
                advice="free a range by removing nodes; a larger range needs a new cluster",
            )
        elif pod_range in owners:
            yield Finding(
                severity=Severity.ERROR,
                title="two nodes have one pod range",
                node=node.name,
                detail=f"{pod_range} belongs to {owners[pod_range]} as well",
                advice="remove and re-join one",
            )
        else:
            owners[pod_range] = node.name


def leases(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes where Flannel runs without a lease, or with an address that is not the node's."""
    running = {pod.node for pod in facts.pods if pod.ready}
    for node in facts.nodes:
        if node.name not in running:
            continue  # the finding about its pod says why
        annotations = node.metadata.annotations
        if annotations.get(f"{PREFIX}kube-subnet-manager") != "true":
            yield Finding(
                severity=Severity.ERROR,
                title="ignored by all other nodes",
                node=node.name,
                detail=f"the annotation {PREFIX}kube-subnet-manager is missing although Flannel runs",
                advice=f"restart its pod; /xk8s diagnose {facts.cluster} --node {node.name}",
            )
            continue
        public = annotations.get(f"{PREFIX}public-ip-overwrite") or annotations.get(f"{PREFIX}public-ip", "")
        if node.internal_ip and public != node.internal_ip:
            yield Finding(
                severity=Severity.WARNING,
                title="Flannel uses another address than the node's",
                node=node.name,
                detail=f"public-ip is {public or 'missing'}, InternalIP is {node.internal_ip}",
                advice="check --iface",
            )


def tunnel_endpoints(facts: ClusterFacts) -> Iterable[Finding]:
    """Find addresses and VTEP MACs that several nodes have: traffic to them arrives at one of them only."""
    owners: dict[str, list[str]] = defaultdict(list)
    for node in facts.nodes:
        annotations = node.metadata.annotations
        for name, value in (
            ("public-ip", annotations.get(f"{PREFIX}public-ip", "")),
            ("VTEP MAC", _vtep_mac(annotations.get(f"{PREFIX}backend-data", ""))),
        ):
            if value:
                owners[f"{name} {value}"].append(node.name)
    for endpoint, nodes in owners.items():
        if len(nodes) > 1:
            yield Finding(
                severity=Severity.ERROR,
                title="two nodes are one tunnel endpoint",
                node=nodes[-1],
                detail=f"{endpoint} stands on {' and '.join(nodes)}",
                advice="remove the stale node's annotations, restart Flannel there",
            )


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
