"""Policy results of every kind, large ones and with texts that Slack would take for markup."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.policy import presets, reach_query
from bot.policy.field_conflicts import Takeover
from bot.policy.other_policy_apis import OtherPolicy
from bot.policy.owners import PolicyOwner
from bot.policy.post_check import PostCheck
from bot.policy.preview import ConnectionPreview
from bot.policy.reach import engine
from bot.policy.reach.exposure import compute_exposure
from bot.policy.reach.model import PodRef, PolicyRef
from bot.policy.results import (
    ExposureShown,
    ListedPolicy,
    PolicyChanged,
    PolicyForm,
    PolicyListing,
    PolicyShown,
    PresetList,
    PreviewShown,
    ReachAnswer,
    RecentChange,
)
from tests.unit.policy.builders import SHOP, computed, manifest, pod, policy_cluster, snapshot
from tests.unit.slack.examples.requests import NASTY, NOW, OPERATION

MANY = tuple(pod(f"workload-{number}-1", namespace="shop" if number % 2 else "web") for number in range(60))
OTHER_POLICIES = tuple(
    OtherPolicy("GlobalNetworkPolicy", "crd.projectcalico.org", "", f"{NASTY}-{number}")
    for number in range(30)
)
DENY = manifest("deny", policyTypes=["Ingress", "Egress"])
REF = PolicyRef("shop", "deny")
CART = "shop/cart[Deployment]"


def preview(**changes: Any) -> ConnectionPreview:
    """A preview of denying everything: without changes in a large cluster, with them in a small one."""
    if not changes:
        return computed(DENY, pods=(*SHOP, *MANY), other_policies=OTHER_POLICIES, gaps=(NASTY * 20,)).preview
    return dataclasses.replace(computed(DENY).preview, **changes)


def action(kind: type[PolicyPreview] | type[PolicyApply] = PolicyPreview) -> Any:
    return kind(preset="deny-all", cluster="prod-eu", namespace="shop")


def preview_result(connections: ConnectionPreview, **changes: Any) -> PreviewShown:
    values: dict[str, Any] = {
        "preview": connections,
        "action": action(),
        "may_apply": True,
        "dns_helps": True,
    }
    return PreviewShown(**(values | changes))


def change_result(**changes: Any) -> PolicyChanged:
    values: dict[str, Any] = {
        "kind": "apply",
        "cluster": policy_cluster(),
        "ref": REF,
        "change": OPERATION,
        "preview": preview(selected=3),
        "post_check": PostCheck(changes=(), created_pods=(), deleted_pods=(), policies=()),
    }
    return PolicyChanged(**(values | changes))


def differing_check() -> PostCheck:
    pods = tuple(PodRef("shop", f"pod-{number}") for number in range(40))
    return PostCheck(
        changes=preview().changes,
        created_pods=pods,
        deleted_pods=pods,
        policies=tuple(f"{NASTY} was made" for _ in range(30)),
    )


def reach_answer(**changes: Any) -> ReachAnswer:
    reach = engine.compute(snapshot(DENY, pods=(*SHOP, *MANY)).cluster)
    pods = tuple(pod.ref for pod in (*SHOP, *MANY))
    values: dict[str, Any] = {
        "cluster": policy_cluster(),
        "source": "web/frontend",
        "destination": "shop/cart",
        "port": "TCP/80",
        "other_policies": OTHER_POLICIES,
        "gaps": (),
        "pairs_explained": reach_query.explain_pairs(reach, pods, pods, reach_query.parse_port("TCP/80")),
    }
    return ReachAnswer(**(values | changes))


def exposure_result(*policies: Any, pods: Any = None, **changes: Any) -> ExposureShown:
    if pods is None:
        pods = (*SHOP, *MANY, pod("agent-1", host_network=True))
    values: dict[str, Any] = {
        "cluster": policy_cluster(),
        "exposure": compute_exposure(engine.compute(snapshot(*policies, pods=pods).cluster)),
        "pods": {CART: 2},
        "other_policies": OTHER_POLICIES,
        "gaps": (NASTY,),
    }
    return ExposureShown(**(values | changes))


def listing(**changes: Any) -> PolicyListing:
    values: dict[str, Any] = {
        "cluster": policy_cluster(),
        "policies": (),
        "other_policies": (),
        "gaps": (),
        "changes": (),
    }
    return PolicyListing(**(values | changes))


def policy_details(**changes: Any) -> PolicyShown:
    values: dict[str, Any] = {
        "cluster": policy_cluster(),
        "ref": REF,
        "yaml": "kind: x\n",
        "owner": None,
        "managers": ("a",),
        "last_writer": "",
        "selected": 1,
    }
    return PolicyShown(**(values | changes))


def recent_change(kind: str = "apply", *, undone: bool = False) -> RecentChange:
    return RecentChange(operation=OPERATION, kind=kind, ref=REF, actor="U1", at=NOW, undone=undone)


LISTED = tuple(
    ListedPolicy(
        ref=PolicyRef("shop", f"policy-{number}"),
        isolates=("Ingress", "Egress"),
        pods=number,
        owner=PolicyOwner(tool="Helm", name=NASTY),
        created=NOW,
    )
    for number in range(300)
)
RECENT = tuple(
    recent_change(kind, undone=undone) for kind in ("apply", "delete", "rollback") for undone in (True, False)
)
TAKEOVERS = tuple(Takeover(manager=NASTY, field=f".spec.{number}") for number in range(30))
NO_DRIVER = policy_cluster(enforces=False, driver="")

RESULTS: list[object] = [
    PresetList(presets=presets.PRESETS),
    PolicyForm(action=action(), cluster="prod-eu", namespace="shop"),
    PolicyForm(action=action(PolicyApply), cluster="prod-eu", namespace="shop"),
    listing(policies=LISTED, other_policies=OTHER_POLICIES, gaps=(NASTY,), changes=RECENT),
    listing(cluster=NO_DRIVER),
    policy_details(owner=PolicyOwner(tool="Argo CD", name=NASTY), managers=("a", NASTY), last_writer=NASTY),
    policy_details(cluster=policy_cluster(enforces=False), yaml=f"# {NASTY}\n" * 4_000, selected=0),
    preview_result(preview()),
    preview_result(
        preview(owner=PolicyOwner(tool="Flux", name=NASTY), takeovers=TAKEOVERS, warnings=(NASTY * 10,))
    ),
    preview_result(preview(changes=(), matrix=None, unchanged=True), may_apply=False, dns_helps=False),
    preview_result(
        preview(changes=(), matrix=None, selected=0, cluster=policy_cluster(enforces=False, driver="Flannel"))
    ),
    change_result(),
    change_result(kind="delete", post_check=None, not_compared=NASTY * 20),
    change_result(kind="rollback", post_check=differing_check(), undoes=OPERATION),
    change_result(change="", preview=preview(changes=(), matrix=None, unchanged=True), post_check=None),
    change_result(deleting=True),
    change_result(note=NASTY),
    reach_answer(),
    reach_answer(port="", pairs_explained=()),
    exposure_result(),
    dataclasses.replace(exposure_result(pods=()), pods={}, other_policies=(), gaps=()),
]
