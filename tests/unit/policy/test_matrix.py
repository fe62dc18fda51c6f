"""Who reaches whom before and after a change, for the workloads that fit into a picture."""

from __future__ import annotations

from typing import Any

from bot.policy import matrix as matrices
from bot.policy.matrix import OUTSIDE, PairChange
from tests.unit.policy.builders import SHOP, computed, manifest, pod

CART, WEB = "shop/cart[Deployment]", "web/frontend[Deployment]"
DENY = manifest("deny", policyTypes=["Ingress"])


def matrix(**more: Any) -> matrices.Matrix:
    found = computed(DENY, **more).preview.matrix
    assert found is not None
    return found


def test_the_matrix_has_the_workloads_that_change_the_namespaces_own_first() -> None:
    found = matrix()
    assert found.workloads == (
        CART,
        "shop/redis[Deployment]",
        WEB,
        "kube-system/coredns[Deployment]",
        OUTSIDE,
    )
    assert found.changes[WEB, CART] is PairChange.CLOSED and (WEB, CART) in found.before
    assert found.changes[CART, WEB] is PairChange.KEPT and found.changes[OUTSIDE, CART] is PairChange.CLOSED
    assert found.changes[OUTSIDE, OUTSIDE] is PairChange.NONE and found.more == 0


def test_a_pair_that_only_some_pods_lose_closes_in_part() -> None:
    host = pod("agent-1", namespace="kube-system", host_network=True, node="n1", address="10.0.0.1")
    other = pod("agent-2", namespace="kube-system", host_network=True, node="n2", address="10.0.0.2")
    cart = pod("cart-1", address="10.1.0.1", node="n1")
    found = matrix(pods=(cart, host, other))
    assert found.changes["kube-system/agent[Deployment]", CART] is PairChange.NARROWED, (
        "the agent of its own node still reaches it"
    )


def test_a_large_cluster_is_cut_and_says_by_how_many() -> None:
    pods = tuple(pod(f"w{number}-1", namespace="other") for number in range(100))
    found = matrix(pods=(*SHOP, *pods))
    assert len(found.workloads) == matrices.MOST_WORKLOADS + 1 and found.more == 104 - matrices.MOST_WORKLOADS
    assert found.workloads[0] == CART


def test_neighbours_in_the_namespace_fill_what_the_changed_workloads_leave() -> None:
    cart = {"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress"]}
    web = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}
    lets = manifest("lets", **cart, ingress=[{"from": [web]}])
    found = computed(lets, manifest("deny", **cart)).preview.matrix
    assert found is not None and found.workloads == (CART, "shop/redis[Deployment]", WEB, OUTSIDE)
    assert found.changes[WEB, CART] is PairChange.OPENED and found.more == 1, "DNS does not change"
