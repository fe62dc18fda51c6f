"""After a write the cluster is compared with what was previewed."""

from __future__ import annotations

from bot.policy.post_check import compare
from bot.policy.reach.model import PolicyRef
from tests.unit.policy.builders import SHOP, computed, manifest, pod, snapshot

DENY = manifest("deny")


def test_what_differs_from_the_preview_is_found_with_what_came_in_between() -> None:
    plan, then = computed(DENY), snapshot()
    check = compare(plan.after, snapshot(DENY), then, policy=PolicyRef("shop", "deny"))
    assert check.as_previewed and not (check.created_pods or check.deleted_pods or check.policies)
    pods = (*SHOP[1:], pod("cart-9", labels={"app": "cart"}), pod("new-1", namespace="web"))
    lets = manifest("lets", policyTypes=["Ingress"], ingress=[{}])
    differing = compare(plan.after, snapshot(DENY, lets, pods=pods), then, policy=PolicyRef("shop", "deny"))
    assert not differing.as_previewed and differing.policies == ("shop/lets was made",)
    assert [str(pod) for pod in differing.created_pods] == ["shop/cart-9", "web/new-1"]
    assert [str(pod) for pod in differing.deleted_pods] == ["shop/cart-1"]
    third = compare(plan.after, snapshot(DENY), snapshot(lets), policy=PolicyRef("shop", "deny"))
    assert third.policies == ("shop/lets was deleted",)
