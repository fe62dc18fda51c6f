"""Who reaches whom before and after a change, for the workloads that fit into a picture."""

from __future__ import annotations

from typing import Any

from bot.policy import matrix as matrices
from bot.policy.matrix import OUTSIDE, PairChange
from tests.unit.policy.builders import SHOP, computed, manifest, pod

CART, WEB = "shop/cart[Deployment]", "web/frontend[Deployment]"
DENY = manifest("deny", policyTypes=["Ingress"])


def matrix(**fields: Any) -> matrices.Matrix:
    drawn = computed(DENY, **fields).preview.matrix
    assert drawn is not None
    return drawn


def test_the_matrix_has_the_workloads_that_change_the_namespaces_own_first() -> None:
    drawn = matrix()
    assert drawn.workloads == (
        CART,
        "shop/redis[Deployment]",
        WEB,
        "kube-system/coredns[Deployment]",
        OUTSIDE,
    )
    assert drawn.changes[WEB, CART] is PairChange.CLOSED and (WEB, CART) in drawn.before
    assert drawn.changes[CART, WEB] is PairChange.KEPT and drawn.changes[OUTSIDE, CART] is PairChange.CLOSED
    assert drawn.changes[OUTSIDE, OUTSIDE] is PairChange.NONE and drawn.omitted_count == 0


def test_a_pair_that_only_some_pods_lose_closes_in_part() -> None:
    host = pod("agent-1", namespace="kube-system", host_network=True, node="n1", address="10.0.0.1")
    second_host = pod("agent-2", namespace="kube-system", host_network=True, node="n2", address="10.0.0.2")
    cart = pod("cart-1", address="10.1.0.1", node="n1")
    drawn = matrix(pods=(cart, host, second_host))
    assert drawn.changes["kube-system/agent[Deployment]", CART] is PairChange.NARROWED, (
        "the agent of its own node still reaches it"
    )


def test_a_large_cluster_is_cut_and_says_by_how_many() -> None:
    pods = tuple(pod(f"w{number}-1", namespace="other") for number in range(100))
    drawn = matrix(pods=(*SHOP, *pods))
    assert (
        len(drawn.workloads) == matrices.MOST_WORKLOADS + 1
        and drawn.omitted_count == 104 - matrices.MOST_WORKLOADS
    )
    assert drawn.workloads[0] == CART


def test_neighbours_in_the_namespace_fill_what_the_changed_workloads_leave() -> None:
    cart: dict[str, Any] = {"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress"]}
    web = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}
    lets = manifest("lets", **cart, ingress=[{"from": [web]}])
    drawn = computed(lets, manifest("deny", **cart)).preview.matrix
    assert drawn is not None and drawn.workloads == (CART, "shop/redis[Deployment]", WEB, OUTSIDE)
    assert drawn.changes[WEB, CART] is PairChange.OPENED and drawn.omitted_count == 1, "DNS does not change"
