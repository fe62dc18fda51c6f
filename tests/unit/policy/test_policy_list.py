"""The list of a cluster's policies, and of recent changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.policy.owners import PolicyOwner
from bot.policy.policy_list import list_changes, list_policies
from bot.policy.reach.model import PolicyRef
from tests.unit.policy.builders import SHOP, change, live, manifest, pod, snapshot

HELM: dict[str, Any] = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "creationTimestamp": "2026-11-24T12:00:00Z",
}


def test_a_policy_is_listed_with_its_directions_pods_owner_and_age() -> None:
    egress = live(manifest("b", policyTypes=["Egress"], podSelector={"matchLabels": {"app": "cart"}}), **HELM)
    hosts = (pod("cart-8", host_network=True), pod("cart-9", phase="Succeeded"))
    first, second = list_policies(snapshot(egress, manifest("a"), pods=(*SHOP, *hosts)))
    assert (first.ref, first.isolates, first.pods) == (PolicyRef("shop", "a"), ("Ingress",), 3)
    assert first.owner is None and first.created is None
    assert (second.isolates, second.pods) == (("Egress",), 2), "hosts and finished pods are not isolated"
    assert second.owner == PolicyOwner(tool="Helm", name="")
    assert second.created == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_policy_that_cannot_be_parsed_is_listed_and_isolates_nothing() -> None:
    state = snapshot()
    broken = live(manifest("broken", ingress=[{"ports": [{"port": 0}]}]))
    listed = list_policies(type(state)(cluster=state.cluster, policies={PolicyRef("shop", "broken"): broken}))
    assert [(policy.ref.name, policy.isolates, policy.pods) for policy in listed] == [("broken", (), 0)]


def test_a_change_is_listed_as_undone_once_another_reverted_it() -> None:
    recent = list_changes([change(), change(operation="9bea", undone_by="7f3a")])
    assert [(item.operation[:4], item.ref.name, item.undone) for item in recent] == [
        ("7f3a", "deny", False),
        ("9bea", "deny", True),
    ]
