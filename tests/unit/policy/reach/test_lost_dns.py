"""Pods that can no longer resolve names after a change of policies."""

from __future__ import annotations

from bot.policy.reach.lost_dns import LostDns
from bot.policy.reach.model import PodRef, Protocol
from tests.unit.policy.reach.shop import policy, preview


def test_denied_egress_costs_dns_on_both_protocols() -> None:
    changed = preview(policy("deny-egress", {"policyTypes": ["Egress"]}))
    both = (Protocol.TCP, Protocol.UDP)
    assert changed.loses_dns == tuple(
        LostDns(PodRef("shop", name), both) for name in ("cart-1", "cart-2", "web-1")
    )


def test_a_rule_for_tcp_53_alone_still_costs_dns_over_udp() -> None:
    rule = {"to": [{"namespaceSelector": {}}], "ports": [{"port": 53}]}
    changed = preview(policy("dns", {"podSelector": {"matchLabels": {"app": "web"}}, "egress": [rule]}))
    assert changed.loses_dns == (LostDns(PodRef("shop", "web-1"), (Protocol.UDP,)),)


def test_one_dns_pod_that_answers_is_enough() -> None:
    changed = preview(
        policy("one", {"podSelector": {"matchLabels": {"none": "such"}}, "ingress": []}, "kube-system")
    )
    assert changed.loses_dns == ()


def test_closing_the_dns_pods_costs_dns_for_everyone_else() -> None:
    changed = preview(policy("deny", {"ingress": []}, "kube-system"))
    assert [lost.pod.name for lost in changed.loses_dns] == ["cart-1", "cart-2", "web-1"]
