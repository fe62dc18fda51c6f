"""Warnings of what a policy does not do, because of Services or of the host network."""

from __future__ import annotations

import ipaddress

import pytest

from bot.policy.cluster_state import ClusterService
from tests.unit.policy.builders import SHOP, computed, manifest, pod

DENY = manifest("deny", policyTypes=["Ingress"])
AGENT = pod("agent-1", host_network=True)


def service(**fields: object) -> ClusterService:

    values: dict[str, object] = {
        "namespace": "shop",
        "name": "cart",
        "addresses": (ipaddress.ip_address("10.254.0.7"),),
        "selector": {"app": "cart"},
        "from_outside": True,
        "keeps_source": False,
    }
    return ClusterService(**(values | fields))  # type: ignore[arg-type]


def test_a_rule_about_a_services_own_address_is_warned_of() -> None:
    aimed = manifest("x", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "10.254.0.0/16"}}]}])
    (warning,) = computed(aimed, services=(service(),)).preview.warnings
    assert "an egress ipBlock holds the address of the Service shop/cart" in warning
    everything = manifest("x", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])
    assert computed(everything, services=(service(),)).preview.warnings == ()


def test_a_load_balancer_that_hides_who_asks_is_warned_of() -> None:
    office = [{"ipBlock": {"cidr": "203.0.113.0/24"}}]
    lets = manifest("x", policyTypes=["Ingress"], ingress=[{"from": office}])
    (warning,) = computed(lets, services=(service(),)).preview.warnings
    assert "shop/cart has externalTrafficPolicy Cluster" in warning
    for harmless in (
        service(keeps_source=True),
        service(from_outside=False),
        service(selector={"app": "other"}),
    ):
        assert computed(lets, services=(harmless,)).preview.warnings == ()


def test_pods_on_the_host_network_that_a_policy_selects_are_said_not_to_be_isolated() -> None:
    policy = manifest("x", policyTypes=["Ingress"], podSelector={"matchLabels": {"app": "agent"}})
    preview = computed(policy, pods=(*SHOP, AGENT)).preview
    assert preview.selected == 0 and not preview.changes
    assert preview.warnings == (
        "it selects 1 pod on the host network (shop/agent-1), which no policy isolates",
    )
    both = computed(DENY, pods=(*SHOP, AGENT, pod("agent-2", host_network=True))).preview
    assert both.warnings == (
        "it selects 2 pods on the host network (shop/agent-1, shop/agent-2), which no policy isolates",
    )
    assert computed(DENY).preview.warnings == ()


@pytest.mark.parametrize(
    ("peer", "warned"),
    [
        ({"podSelector": {"matchLabels": {"app": "agent"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "node"}}}, True),
        ({"namespaceSelector": {}}, False),
        ({"podSelector": {"matchLabels": {"app": "nobody"}}}, False),
    ],
)
def test_a_peer_that_is_only_on_the_host_network_is_said_to_match_nothing(
    peer: dict[str, object], warned: bool
) -> None:
    pods = (*SHOP, AGENT, pod("watcher-1", namespace="node", host_network=True))
    policy = manifest(
        "x", policyTypes=["Ingress"], ingress=[{"from": [peer]}], podSelector={"matchLabels": {"app": "cart"}}
    )
    warnings = computed(policy, pods=pods).preview.warnings
    assert [warning.split(" (")[0] for warning in warnings] == (
        ["spec.ingress[0].from[0] names only pods on the host network"] if warned else []
    )
    assert not warned or "they come from their nodes' addresses: name those in an ipBlock" in warnings[0]
