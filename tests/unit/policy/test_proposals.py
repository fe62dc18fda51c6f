"""What approvers see of a policy change, and what their decision is bound to."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.access.proposal import digest
from bot.actions.policies import PolicyApply
from bot.policy import change_plan, content
from bot.policy.change_plan import PolicyChangePlan
from bot.policy.other_policy_apis import OtherPolicies
from bot.policy.owners import PolicyOwner
from bot.policy.proposals import PRODUCTION, proposal
from bot.policy.reach.model import PolicyRef
from tests.unit.policy.builders import SHOP, computed, live, manifest, pod, snapshot, where

DENY = manifest("deny", policyTypes=["Egress"])
ACTION = PolicyApply(preset="default-deny-egress", cluster="prod-eu", namespace="shop")


def plan(**more: Any) -> PolicyChangePlan:
    """Denying egress in production, where there was no policy."""
    kind, before = more.pop("kind", change_plan.APPLY), more.pop("before", None)
    wanted = more.pop("wanted", DENY)
    made = computed(wanted, where=where(production=more.pop("production", True)), before=before, **more)
    return PolicyChangePlan(
        kind=kind,
        ref=PolicyRef("shop", "deny"),
        wanted=wanted,
        expected=wanted,
        before=before,
        state=snapshot(),
        computed=made,
    )


def bound(found: PolicyChangePlan) -> str:
    return digest(proposal(found).bound_to(ACTION))


def test_it_says_what_happens_on_what_and_is_of_the_kind_that_production_needs() -> None:
    made = proposal(plan())
    assert made.kind == PRODUCTION and proposal(plan(production=False)).kind == "policy"
    assert made.headline.startswith("Apply the policy deny in shop of prod-eu: closes ")
    assert made.consequences[0].startswith("closes shop/cart[Deployment] → outside All Connections")
    assert made.consequences[-1].endswith("more") and len(made.consequences) == 9
    assert (made.target, made.target_id, made.destructive, made.typed) == ("prod-eu", "uuid-1", False, "")


def test_an_incomplete_verdict_is_the_first_warning_then_who_undoes_it_and_dns() -> None:
    foreign = (OtherPolicies("GlobalNetworkPolicy", "crd.projectcalico.org", "", "x"),)
    warned = proposal(plan(foreign=foreign, owner=PolicyOwner(tool="Flux", name="apps"))).warnings
    assert warned[0].startswith("This verdict is incomplete") and "GlobalNetworkPolicy x" in warned[0]
    assert warned[1].startswith("Flux owns this policy (apps)")
    assert warned[2].startswith("3 pods can resolve no names any more")


def test_pods_that_come_and_go_within_a_workload_do_not_void_a_decision() -> None:
    more = (*SHOP, pod("cart-3", address="10.1.0.9"), pod("frontend-2", namespace="web", address="10.1.0.10"))
    assert bound(plan()) == bound(plan(pods=more))


def test_what_it_is_bound_to_voids_it_when_it_changes() -> None:
    seen = content.read_content(live(manifest("deny")))
    assert seen is not None
    first = bound(plan())
    newcomer = (*SHOP, pod("reports-1", address="10.1.0.9"))
    others = [
        plan(before=seen),
        plan(pods=newcomer),
        plan(wanted=manifest("deny", policyTypes=["Ingress", "Egress"])),
        plan(before=dataclasses.replace(seen, version="8")),
        plan(before=dataclasses.replace(seen, uid="another")),
    ]
    assert len({first, *map(bound, others)}) == len(others) + 1


def test_another_policy_that_changes_what_closes_voids_it_too() -> None:
    lets = manifest("lets", policyTypes=["Egress"], egress=[{}])
    found = computed(DENY, lets, where=where(production=True))
    other = dataclasses.replace(plan(), computed=found)
    assert bound(plan()) != bound(other)
