"""Flannel's leases: it keeps them in node annotations, and a node without one is ignored by all others."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from bot.adapters.kube.objects import NodeObject
from bot.drivers.facts import CheckResult, ClusterFacts, Finding, Severity

PREFIX = "flannel.alpha.coreos.com/"


def judge(facts: ClusterFacts) -> tuple[CheckResult, ...]:
    """Every check that the API can answer; Flannel's pods have no probe, so these carry the weight."""
    return (
        CheckResult(name="pod ranges of the nodes", findings=tuple(_ranges(facts.nodes))),
        CheckResult(name="Flannel's leases", findings=tuple(_leases(facts))),
        CheckResult(name="unique tunnel endpoints", findings=tuple(_duplicates(facts.nodes))),
    )


def _ranges(nodes: Iterable[NodeObject]) -> Iterable[Finding]:
    owners: dict[str, str] = {}
    for node in nodes:
        if not node.spec.podCIDR:
            yield Finding(
                severity=Severity.ERROR,
                title="no pod range",
                node=node.name,
                detail=(
                    "spec.podCIDR is empty, so Flannel gets no lease (node range full, or allocation is off)"
                ),
                advice="free a range by removing nodes; a larger range needs a new cluster",
            )
        elif node.spec.podCIDR in owners:
            yield Finding(
                severity=Severity.ERROR,
                title="two nodes have one pod range",
                node=node.name,
                detail=f"{node.spec.podCIDR} belongs to {owners[node.spec.podCIDR]} as well",
                advice="remove and re-join one",
            )
        else:
            owners[node.spec.podCIDR] = node.name


def _leases(facts: ClusterFacts) -> Iterable[Finding]:
    running = {pod.node for pod in facts.pods if pod.ready}
    for node in facts.nodes:
        if node.name not in running:
            continue  # its pod is the finding
        if node.metadata.annotations.get(f"{PREFIX}kube-subnet-manager") != "true":
            yield Finding(
                severity=Severity.ERROR,
                title="ignored by all other nodes",
                node=node.name,
                detail=f"the annotation {PREFIX}kube-subnet-manager is missing although Flannel runs",
                advice=f"restart its pod; /xk8s diagnose {facts.cluster} --node {node.name}",
            )
            continue
        public = node.metadata.annotations.get(
            f"{PREFIX}public-ip-overwrite"
        ) or node.metadata.annotations.get(f"{PREFIX}public-ip", "")
        if node.internal_ip and public != node.internal_ip:
            yield Finding(
                severity=Severity.WARNING,
                title="Flannel uses another address than the node's",
                node=node.name,
                detail=f"public-ip is {public or 'missing'}, InternalIP is {node.internal_ip}",
                advice="check --iface",
            )


def _duplicates(nodes: Iterable[NodeObject]) -> Iterable[Finding]:
    owners: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        annotations = node.metadata.annotations
        for name, value in (
            ("public-ip", annotations.get(f"{PREFIX}public-ip", "")),
            ("VTEP MAC", _mac(annotations.get(f"{PREFIX}backend-data", ""))),
        ):
            if value:
                owners[f"{name} {value}"].append(node.name)
    for claim, names in owners.items():
        if len(names) > 1:
            yield Finding(
                severity=Severity.ERROR,
                title="two nodes are one tunnel endpoint",
                node=names[-1],
                detail=f"{claim} stands on {' and '.join(names)}",
                advice="remove the stale node's annotations, restart Flannel there",
            )


def _mac(data: str) -> str:
    try:
        found = json.loads(data or "null")
    except ValueError:
        return ""
    return str(found.get("VtepMAC", "")) if isinstance(found, dict) else ""
