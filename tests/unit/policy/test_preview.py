"""What a preview says about pods, rules and policies."""

from __future__ import annotations

from bot.policy import diff_text
from bot.policy.diff_text import ConnectionFate
from bot.policy.reach.model import Direction, PolicyRef
from tests.unit.policy.builders import computed, manifest

DENY = manifest("deny", policyTypes=["Ingress"])


def test_pods_are_newly_isolated_and_lose_dns() -> None:
    preview = computed(manifest("deny", policyTypes=["Egress"])).preview
    assert {str(item.pod) for item in preview.isolated} == {"shop/cart-1", "shop/cart-2", "shop/redis-1"}
    assert {item.direction for item in preview.isolated} == {Direction.EGRESS}
    assert len(preview.loses_dns) == 3 and preview.selected == 3


def test_rules_that_select_nothing_and_policies_without_effect_are_told() -> None:
    nobody = [{"namespaceSelector": {"matchLabels": {"no": "such"}}}]
    preview = computed(manifest("x", policyTypes=["Ingress"], ingress=[{"from": nobody}]), DENY).preview
    assert preview.dead_rules and preview.dead_rules[0].rule.policy == PolicyRef("shop", "x")
    assert not preview.changes and {item.policy.name for item in preview.redundant_policies} == {"x", "deny"}


def test_a_deletion_opens_what_a_policy_closed() -> None:
    preview = computed(None, DENY, ref=PolicyRef("shop", "deny")).preview
    assert (
        preview.manifest is None
        and diff_text.count(diff_text.diff_lines(preview.changes), ConnectionFate.CLOSES) == 0
    )
    assert {str(item.pod) for item in preview.released} == {"shop/cart-1", "shop/cart-2", "shop/redis-1"}
