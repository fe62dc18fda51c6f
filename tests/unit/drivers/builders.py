"""Builders of what checks look at, as the API server would send it; they fill in what a test leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.adapters.kube.objects import CustomResource, DaemonSet, Meta, NodeObject, PodObject
from bot.drivers.catalog import profile
from bot.drivers.driver import Driver
from bot.drivers.facts import ClusterFacts, Finding, ProbeResult

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CALICO, FLANNEL = profile(Driver("calico")), profile(Driver("flannel"))


def node(
    name: str = "n1",
    *,
    ip: str = "",
    ready: str | None = "True",
    message: str = "",
    network: str = "",
    taints: Mapping[str, str] | None = None,
    pod_cidr: str = "",
    annotations: Mapping[str, str] | None = None,
) -> NodeObject:
    """A node. `network` is the reason of NetworkUnavailable=False, `taints` are keys with their effects."""
    conditions = [{"type": "Ready", "status": ready, "message": message}] if ready else []
    if network:
        conditions.append({"type": "NetworkUnavailable", "status": "False", "reason": network})
    body = {
        "metadata": {"name": name, "annotations": annotations or {}},
        "spec": {
            "podCIDR": pod_cidr,
            "taints": [{"key": key, "effect": effect} for key, effect in (taints or {}).items()],
        },
        "status": {
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": ip}] if ip else [],
        },
    }
    return msgspec.convert(body, NodeObject)


def container(name: str = "calico-node", *, image: str = "sha256:a", **status: Any) -> dict[str, Any]:
    """The status of a container that runs; `status` has other fields of the API."""
    return {"name": name, "ready": True, "imageID": image, "state": {"running": {}}, **status}


def pod(
    name: str = "calico-node-1",
    *,
    on: str = "n1",
    ready: bool = True,
    phase: str = "Running",
    containers: Iterable[Mapping[str, Any]] | None = None,
    message: str = "",
    **status: Any,
) -> PodObject:
    """A pod on a node; `message` is that of its Ready condition."""
    condition = {"type": "Ready", "status": "True" if ready else "False", "message": message}
    body = {
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"nodeName": on},
        "status": {
            "phase": phase,
            "conditions": [condition],
            "containerStatuses": [container()] if containers is None else list(containers),
            **status,
        },
    }
    return msgspec.convert(body, PodObject)


def daemon_set(
    name: str = "calico-node",
    *,
    labels: Mapping[str, str] | None = None,
    readiness: Iterable[str] = (),
    generation: int = 1,
    **status: int,
) -> DaemonSet:
    """A DaemonSet with one container of its own name; `status` has fields of the API."""
    probe = {"readinessProbe": {"exec": {"command": list(readiness)}}} if readiness else {}
    body = {
        "metadata": {"name": name, "namespace": "kube-system", "generation": generation},
        "spec": {
            "template": {
                "metadata": {"labels": labels or {}},
                "spec": {"containers": [{"name": name, **probe}]},
            }
        },
        "status": {"observedGeneration": generation, **status},
    }
    return msgspec.convert(body, DaemonSet)


def resources(**lists: Iterable[Mapping[str, Any]]) -> dict[str, tuple[CustomResource, ...]]:
    """Lists of custom resources by their plural, each resource by its spec."""
    return {
        plural: tuple(CustomResource(metadata=Meta(name="default"), spec=dict(spec)) for spec in specs)
        for plural, specs in lists.items()
    }


def facts(**changes: Any) -> ClusterFacts:
    """The facts of a cluster of one healthy node."""
    defaults: dict[str, Any] = {
        "cluster": "prod-eu",
        "now": NOW,
        "nodes": (node(),),
        "daemon_set": daemon_set(),
        "pods": (pod(),),
        "dns_pods": (pod("coredns-1"),),
        "reasons": {},
        "resources": {},
        "probes": {},
    }
    return ClusterFacts(**{**defaults, **changes})


def printed(**outputs: str) -> dict[str, ProbeResult]:
    """What a command printed, by node."""
    return {node: ProbeResult(output=output) for node, output in outputs.items()}


def lines(findings: Iterable[Finding]) -> list[str]:
    """Findings in one line each: severity, title, node, detail."""
    return [f"{finding.severity} {finding.title} [{finding.node}] {finding.detail}" for finding in findings]
