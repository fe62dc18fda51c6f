"""What approvers see of a policy change, what their decision is bound to, and when nobody decides."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.policies import PolicyApply, PolicyDelete, PolicyRollback
from bot.common.canonical_json import digest
from bot.policy import change_plan, content
from bot.policy.change_plan import PolicyChangePlan
from bot.policy.other_policy_apis import OtherPolicy
from bot.policy.owners import PolicyOwner
from bot.policy.proposals import BEGUN, NO_MANIFEST, PRODUCTION, PolicyProposals, proposal
from bot.policy.service import PolicyServices
from storage.policy_changes import PolicyChange
from tests.unit.policy.builders import (
    NOW,
    SHOP,
    change,
    computed,
    live,
    manifest,
    pod,
    policy_cluster,
    snapshot,
)

DENY = manifest("deny", policyTypes=["Egress"])
ACTION = PolicyApply(preset="default-deny-egress", cluster="prod-eu", namespace="shop")


def plan(*neighbours: Any, production: bool = True, policy: Any = DENY, **fields: Any) -> PolicyChangePlan:
    """Denying egress in production, where there was no policy."""
    result = computed(policy, *neighbours, cluster=policy_cluster(production=production), **fields)
    return PolicyChangePlan(
        kind=change_plan.APPLY,
        desired=policy,
        state=snapshot(),
        preview=result.preview,
        after=result.after,
    )


def bound(planned: PolicyChangePlan) -> str:
    return digest(proposal(planned).bound_to(ACTION))


def test_it_says_what_happens_on_what_and_is_of_the_kind_that_production_needs() -> None:
    card = proposal(plan())
    assert card.kind == PRODUCTION and proposal(plan(production=False)).kind == "policy"
    assert card.headline.startswith("Apply the policy deny in shop of prod-eu: closes ")
    assert card.consequences[0].startswith("closes shop/cart[Deployment] → outside All Connections")
    assert card.consequences[-1].endswith("more") and len(card.consequences) == 9
    assert (card.target, card.target_id, card.destructive, card.typed) == ("prod-eu", "uuid-1", False, "")


def test_an_incomplete_verdict_is_the_first_warning_then_who_undoes_it_and_dns() -> None:
    foreign = (OtherPolicy("GlobalNetworkPolicy", "crd.projectcalico.org", "", "x"),)
    warnings = proposal(plan(other_policies=foreign, owner=PolicyOwner(tool="Flux", name="apps"))).warnings
    assert warnings[0].startswith("This verdict is incomplete") and "GlobalNetworkPolicy x" in warnings[0]
    assert warnings[1].startswith("Flux owns this policy (apps)")
    assert warnings[2].startswith("3 pods can resolve no names any more")


def test_pods_that_come_and_go_within_a_workload_do_not_void_a_decision() -> None:
    pods = (*SHOP, pod("cart-3", address="10.1.0.9"), pod("frontend-2", namespace="web", address="10.1.0.10"))
    assert bound(plan()) == bound(plan(pods=pods))


def test_what_it_is_bound_to_voids_it_when_it_changes() -> None:
    before = content.read_content(live(manifest("deny")))
    assert before is not None
    first = bound(plan())
    new_workload = (*SHOP, pod("reports-1", address="10.1.0.9"))
    changed_plans = [
        plan(before=before),
        plan(pods=new_workload),
        plan(policy=manifest("deny", policyTypes=["Ingress", "Egress"])),
        plan(before=dataclasses.replace(before, version="8")),
        plan(before=dataclasses.replace(before, uid="another")),
    ]
    assert len({first, *map(bound, changed_plans)}) == len(changed_plans) + 1


def test_another_policy_that_changes_what_closes_voids_it_too() -> None:
    lets = manifest("lets", policyTypes=["Egress"], egress=[{}])
    assert bound(plan()) != bound(plan(lets))


# --- when a proposal needs no plan, and no cluster is read for it


class Clusters:
    """One cluster that may be looked up, and must not be opened."""

    def __init__(self, *, production: bool) -> None:
        self._cluster = SimpleNamespace(production=production)

    def find(self, cluster: str, **_place: Any) -> Any:
        assert cluster in ("prod-eu", "uuid-1")
        return self._cluster

    def open_cluster(self, *_where: Any, **_place: Any) -> Any:
        raise AssertionError("the cluster is read")

    open_changed_cluster = open_cluster


def proposals(*records: PolicyChange, needed: bool = False, production: bool = True) -> PolicyProposals:
    by_operation = {record.operation: record for record in records}
    changes = SimpleNamespace(
        get=by_operation.get,
        find=lambda _project, prefix: [record for record in records if record.operation.startswith(prefix)],
    )
    clusters: Any = Clusters(production=production)
    services = PolicyServices(clusters=clusters, changes=changes, now=lambda: NOW)
    return PolicyProposals(services=services, is_required=lambda _kind: needed)


CONTEXT: Any = SimpleNamespace(operation="9bea" * 8, project="shop")
DELETE = PolicyDelete(policy="deny", cluster="prod-eu", namespace="shop")
ROLLBACK = PolicyRollback(change="7f3a")


def propose(proposals: PolicyProposals) -> list[str]:
    return [
        proposals.apply(ACTION, CONTEXT).kind,
        proposals.delete(DELETE, CONTEXT).kind,
        proposals.rollback(ROLLBACK, CONTEXT).kind,
    ]


@pytest.mark.parametrize(("production", "kind"), [(True, PRODUCTION), (False, "policy")])
def test_where_nobody_has_to_approve_it_only_its_kind_is_said(production: bool, kind: str) -> None:
    assert propose(proposals(change(), production=production)) == [kind] * 3


def test_a_change_that_has_begun_is_not_proposed_again() -> None:
    record = change(operation=CONTEXT.operation)
    assert propose(proposals(change(), record, needed=True)) == [BEGUN] * 3


def test_a_policy_that_is_still_to_be_written_is_not_decided_about() -> None:
    form = PolicyApply(cluster="prod-eu", namespace="shop", yaml=True)
    assert proposals(needed=True).apply(form, CONTEXT).kind == NO_MANIFEST


def test_what_has_to_be_approved_is_planned_on_the_cluster() -> None:
    with pytest.raises(AssertionError, match="the cluster is read"):
        proposals(needed=True).delete(DELETE, CONTEXT)
