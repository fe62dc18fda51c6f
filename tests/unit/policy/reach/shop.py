"""A small shop with DNS, and what one more policy changes in it."""

from __future__ import annotations

from typing import Any

from bot.policy.reach.difference import ReachDifference, compare_states
from bot.policy.reach.model import ClusterModel, Pod, Workload
from bot.policy.reach.parser import parse_policy
from tests.unit.policy.reach.states import Manifests, reach


def pod(namespace: str, name: str, **labels: str) -> Pod:
    owner = Workload(namespace, "Deployment", name.rsplit("-", 1)[0])
    return Pod(
        namespace=namespace,
        name=name,
        labels={key.replace("_", "-"): labels[key] for key in labels},
        workload=owner,
    )


SHOP = ClusterModel(
    pods=(
        pod("shop", "cart-1", app="cart"),
        pod("shop", "cart-2", app="cart"),
        pod("shop", "web-1", app="web"),
        pod("kube-system", "coredns-1", k8s_app="kube-dns"),
        pod("kube-system", "coredns-2", k8s_app="kube-dns"),
    )
)


def policy(name: str, spec: dict[str, Any], namespace: str = "shop") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def preview(new: dict[str, Any], manifests: Manifests | None = None) -> ReachDifference:
    before = reach(SHOP, manifests or [])
    return compare_states(before, before.with_policy(parse_policy(new)))
