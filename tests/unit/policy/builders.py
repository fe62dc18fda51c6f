"""Builders of clusters, snapshots and changes: a test says only what it is about."""

from __future__ import annotations

import dataclasses
import ipaddress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.policy.cluster_state import ClusterService, ClusterState
from bot.policy.preview import ConnectionPreview, PolicyCluster, compute_preview
from bot.policy.reach import model, parser
from bot.policy.reach.engine import Reachability, compute
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
    **fields: Any,
) -> model.Pod:
    """`cart-1` of the Deployment `cart`, with the label app=cart."""
    app = app or name.rpartition("-")[0] or name
    addresses = (ipaddress.ip_address(address),) if address else ()
    return model.Pod(
        namespace=namespace,
        name=name,
        labels={"app": app, **fields.pop("labels", {})},
        addresses=addresses,
        workload=model.Workload(namespace, "Deployment", app),
        ports=tuple(model.ContainerPort(port, model.Protocol.TCP, number) for port, number in ports),
        **fields,
    )


def manifest(name: str = "x", namespace: str = "shop", **spec: Any) -> Object:
    """A policy as an API server has it."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, **spec},
    }


def live(policy: Object, *, uid: str = "u1", version: str = "7", **metadata: Any) -> Object:
    """The same with what the server writes."""
    return {**policy, "metadata": {**policy["metadata"], "uid": uid, "resourceVersion": version, **metadata}}


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
    **fields: Any,
) -> ClusterState:
    """A cluster as it was read."""
    names = sorted({pod.namespace for pod in pods} | {obj["metadata"]["namespace"] for obj in policies})
    return ClusterState(
        cluster=model.ClusterModel(
            pods=pods,
            namespaces=tuple(model.Namespace(name) for name in names),
            policies=tuple(map(parser.parse_policy, policies)),
        ),
        policies={
            model.PolicyRef(obj["metadata"]["namespace"], obj["metadata"]["name"]): obj for obj in policies
        },
        services=services,
        **fields,
    )


def policy_cluster(**fields: Any) -> PolicyCluster:
    """A cluster that enforces."""
    values: dict[str, Any] = {
        "project": "shop",
        "name": "prod-eu",
        "id": "uuid-1",
        "production": False,
        "driver": "Calico",
        "enforces": True,
    }
    return PolicyCluster(**(values | fields))


class Computed(NamedTuple):
    """A preview, with the connections before and after the change."""

    preview: ConnectionPreview
    before: Reachability
    after: Reachability


def computed(
    new: Object | None, *policies: Object, ref: model.PolicyRef | None = None, **fields: Any
) -> Computed:
    """What a policy does to the shop; fields of the preview can be given in place of those computed."""
    ref = ref or model.PolicyRef(new["metadata"]["namespace"], new["metadata"]["name"])  # type: ignore[index]
    state = snapshot(
        *policies,
        **{key: fields.pop(key) for key in ("pods", "services", "other_policies", "gaps") if key in fields},
    )
    preview, after = compute_preview(fields.pop("cluster", policy_cluster()), state, ref, new)
    return Computed(dataclasses.replace(preview, **fields), compute(state.cluster), after)


def change(**fields: Any) -> PolicyChange:
    """A change that was made: a policy where there was none."""
    policy = manifest("deny")
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
        "wanted": policy,
        "after": policy,
        "after_uid": "u1",
        "after_version": "7",
    }
    return PolicyChange(**(values | fields))
