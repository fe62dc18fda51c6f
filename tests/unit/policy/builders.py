"""Builders of clusters, snapshots and changes: a test says only what it is about."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Any

from bot.policy.cluster_state import ClusterService, ClusterState
from bot.policy.preview import ComputedPreview, Where, compute_preview
from bot.policy.reach import model, parser
from storage.policy_changes import WRITTEN, PolicyChange

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Object = dict[str, Any]


def pod(
    name: str,
    *,
    namespace: str = "shop",
    app: str = "",
    address: str = "",
    ports: tuple[tuple[str, int], ...] = (),
    **more: Any,
) -> model.Pod:
    """`cart-1` of the Deployment `cart`, with the label app=cart."""
    app = app or name.rpartition("-")[0] or name
    addresses = (ipaddress.ip_address(address),) if address else ()
    return model.Pod(
        namespace=namespace,
        name=name,
        labels={"app": app, **more.pop("labels", {})},
        addresses=addresses,
        workload=model.Workload(namespace, "Deployment", app),
        ports=tuple(model.ContainerPort(each, model.Protocol.TCP, number) for each, number in ports),
        **more,
    )


def manifest(name: str = "x", namespace: str = "shop", **spec: Any) -> Object:
    """A policy as an API server has it."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, **spec},
    }


def live(found: Object, *, uid: str = "u1", version: str = "7", **metadata: Any) -> Object:
    """The same with what the server writes."""
    return {**found, "metadata": {**found["metadata"], "uid": uid, "resourceVersion": version, **metadata}}


SHOP = (
    pod("cart-1", address="10.1.0.1"),
    pod("cart-2", address="10.1.0.2"),
    pod("redis-1", address="10.1.0.3"),
    pod("frontend-1", namespace="web", address="10.1.0.4"),
    pod("coredns-1", namespace="kube-system", address="10.1.0.5", labels={"k8s-app": "kube-dns"}),
)


def snapshot(
    *policies: Object,
    pods: tuple[model.Pod, ...] = SHOP,
    services: tuple[ClusterService, ...] = (),
    **more: Any,
) -> ClusterState:
    """A cluster as it was read."""
    names = sorted({each.namespace for each in pods} | {each["metadata"]["namespace"] for each in policies})
    return ClusterState(
        cluster=model.ClusterModel(
            pods=pods,
            namespaces=tuple(model.Namespace(name) for name in names),
            policies=tuple(parser.parse_policy(each) for each in policies),
        ),
        policies={
            model.PolicyRef(each["metadata"]["namespace"], each["metadata"]["name"]): each
            for each in policies
        },
        services=services,
        **more,
    )


def where(**more: Any) -> Where:
    """A cluster that enforces."""
    values: dict[str, Any] = {
        "project": "shop",
        "cluster": "prod-eu",
        "cluster_id": "uuid-1",
        "production": False,
        "driver": "Calico",
        "enforces": True,
    }
    return Where(**(values | more))


def computed(
    wanted: Object | None, *policies: Object, ref: model.PolicyRef | None = None, **more: Any
) -> ComputedPreview:
    """What a policy does to the shop."""
    named = ref or model.PolicyRef(wanted["metadata"]["namespace"], wanted["metadata"]["name"])  # type: ignore[index]
    found = snapshot(
        *policies, **{key: more.pop(key) for key in ("pods", "services", "foreign", "gaps") if key in more}
    )
    return compute_preview(
        more.pop("where", where()), found, named, wanted, before=more.pop("before", None), **more
    )


def change(**more: Any) -> PolicyChange:
    """A change that was made: a policy where there was none."""
    made = manifest("deny")
    values: dict[str, Any] = {
        "operation": "7f3a" * 8,
        "project": "shop",
        "cluster": "uuid-1",
        "cluster_name": "prod-eu",
        "namespace": "shop",
        "policy": "deny",
        "kind": "apply",
        "actor": "U1",
        "at": NOW,
        "state": WRITTEN,
        "wanted": made,
        "after": made,
        "after_uid": "u1",
        "after_version": "7",
    }
    return PolicyChange(**(values | more))
