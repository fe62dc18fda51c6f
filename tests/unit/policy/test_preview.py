"""What a preview says about pods, rules and policies."""

from __future__ import annotations

from bot.policy import diff_text
from bot.policy.diff_text import ConnectionFate
from bot.policy.reach.model import Direction, PolicyRef
from tests.unit.policy.builders import computed, manifest

DENY = manifest("deny", policyTypes=["Ingress"])


def test_pods_are_newly_isolated_and_lose_dns() -> None:
    shown = computed(manifest("deny", policyTypes=["Egress"])).preview
    assert {str(each.pod) for each in shown.isolated} == {"shop/cart-1", "shop/cart-2", "shop/redis-1"}
    assert {each.direction for each in shown.isolated} == {Direction.EGRESS}
    assert len(shown.loses_dns) == 3 and shown.selected == 3


def test_rules_that_select_nothing_and_policies_without_effect_are_told() -> None:
    nobody = [{"namespaceSelector": {"matchLabels": {"no": "such"}}}]
    shown = computed(manifest("x", policyTypes=["Ingress"], ingress=[{"from": nobody}]), DENY).preview
    assert shown.dead and shown.dead[0].rule.policy == PolicyRef("shop", "x")
    assert not shown.changes and {each.policy.name for each in shown.idle} == {"x", "deny"}


def test_a_deletion_opens_what_a_policy_closed() -> None:
    shown = computed(None, DENY, ref=PolicyRef("shop", "deny")).preview
    assert (
        shown.manifest is None and diff_text.count(diff_text.lines(shown.changes), ConnectionFate.CLOSES) == 0
    )
    assert {str(each.pod) for each in shown.released} == {"shop/cart-1", "shop/cart-2", "shop/redis-1"}
