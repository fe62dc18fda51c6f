"""Policy results of every kind, large ones and with texts that Slack would take for markup."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.policy import presets, reach_query
from bot.policy.other_policy_apis import OtherPolicies
from bot.policy.owners import PolicyOwner
from bot.policy.post_check import PostCheck
from bot.policy.preview import ConnectionPreview as Preview
from bot.policy.preview import Takeover
from bot.policy.reach import engine
from bot.policy.reach.exposure import exposure
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
from tests.unit.policy.builders import SHOP, computed, manifest, pod, snapshot, where
from tests.unit.slack.examples.requests import NASTY, NOW, OPERATION

MANY = tuple(pod(f"workload-{number}-1", namespace="shop" if number % 2 else "web") for number in range(60))
FOREIGN = tuple(
    OtherPolicies("GlobalNetworkPolicy", "crd.projectcalico.org", "", f"{NASTY}-{number}")
    for number in range(30)
)
DENY = manifest("deny", policyTypes=["Ingress", "Egress"])
REF = PolicyRef("shop", "deny")


def preview(**more: Any) -> Preview:
    """A preview of denying everything."""
    return (
        computed(DENY, pods=(*SHOP, *MANY), foreign=FOREIGN, gaps=(NASTY * 20,)).preview
        if not more
        else (dataclasses.replace(computed(DENY).preview, **more))
    )


def asked(kind: type[PolicyPreview] | type[PolicyApply] = PolicyPreview) -> Any:
    return kind(preset="deny-all", cluster="prod-eu", namespace="shop")


def shown(found: Preview, **more: Any) -> PreviewShown:
    values: dict[str, Any] = {"preview": found, "action": asked(), "may_apply": True, "dns_helps": True}
    return PreviewShown(**(values | more))


def changed(**more: Any) -> PolicyChanged:
    values: dict[str, Any] = {
        "kind": "apply",
        "where": where(),
        "ref": REF,
        "change": OPERATION,
        "preview": preview(selected=3),
        "aftermath": PostCheck(changes=(), came=(), went=(), policies=()),
    }
    return PolicyChanged(**(values | more))


def _differs() -> PostCheck:
    many = tuple(PodRef("shop", f"pod-{number}") for number in range(40))
    return PostCheck(
        changes=preview().changes,
        came=many,
        went=many,
        policies=tuple(f"{NASTY} was made" for _ in range(30)),
    )


def _reach(**more: Any) -> ReachAnswer:
    reach = engine.compute(snapshot(DENY, pods=(*SHOP, *MANY)).cluster)
    every = tuple(each.ref for each in (*SHOP, *MANY))
    values: dict[str, Any] = {
        "where": where(),
        "source": "web/frontend",
        "destination": "shop/cart",
        "port": "TCP/80",
        "foreign": FOREIGN,
        "gaps": (),
        "stories": reach_query.stories(reach, every, every, reach_query.port_of("TCP/80")),
    }
    return ReachAnswer(**(values | more))


def _exposure(**more: Any) -> ExposureShown:
    found = snapshot(pods=(*SHOP, *MANY, pod("agent-1", host_network=True)))
    values: dict[str, Any] = {
        "where": where(),
        "exposure": exposure(engine.compute(found.cluster)),
        "pods": {"shop/cart[Deployment]": 2},
        "foreign": FOREIGN,
        "gaps": (NASTY,),
    }
    return ExposureShown(**(values | more))


LISTED = tuple(
    ListedPolicy(
        ref=PolicyRef("shop", f"policy-{number}"),
        isolates=("Ingress", "Egress"),
        pods=number,
        owner=PolicyOwner(tool="Helm", name=NASTY),
        made=NOW,
    )
    for number in range(300)
)
RECENT = tuple(
    RecentChange(operation=OPERATION, kind=kind, ref=REF, actor="U1", at=NOW, undone=undone)
    for kind in ("apply", "delete", "rollback")
    for undone in (True, False)
)
TAKEOVERS = tuple(Takeover(manager=NASTY, field=f".spec.{number}") for number in range(30))

RESULTS: list[object] = [
    PresetList(presets=presets.PRESETS),
    PolicyForm(action=asked(), cluster="prod-eu", namespace="shop"),
    PolicyForm(action=asked(PolicyApply), cluster="prod-eu", namespace="shop"),
    PolicyListing(where=where(), policies=LISTED, foreign=FOREIGN, gaps=(NASTY,), changes=RECENT),
    PolicyListing(where=where(enforces=False, driver=""), policies=(), foreign=(), gaps=(), changes=()),
    PolicyShown(
        where=where(),
        ref=REF,
        yaml="kind: x\n",
        owner=PolicyOwner(tool="Argo CD", name=NASTY),
        managers=("a", NASTY),
        last_writer=NASTY,
        selected=1,
    ),
    PolicyShown(
        where=where(enforces=False),
        ref=REF,
        yaml=f"# {NASTY}\n" * 4_000,
        owner=None,
        managers=("a",),
        last_writer="",
        selected=0,
    ),
    shown(preview()),
    shown(preview(owner=PolicyOwner(tool="Flux", name=NASTY), takeovers=TAKEOVERS, warnings=(NASTY * 10,))),
    shown(preview(changes=(), matrix=None, unchanged=True), may_apply=False, dns_helps=False),
    shown(preview(changes=(), matrix=None, selected=0, where=where(enforces=False, driver="Flannel"))),
    changed(),
    changed(kind="delete", aftermath=None, not_compared=NASTY * 20),
    changed(kind="rollback", aftermath=_differs(), undoes=OPERATION),
    changed(change="", preview=preview(changes=(), matrix=None, unchanged=True), aftermath=None),
    changed(leaving=True),
    changed(note=NASTY),
    _reach(),
    _reach(port="", stories=()),
    _exposure(),
    ExposureShown(
        where=where(),
        exposure=exposure(engine.compute(snapshot(pods=()).cluster)),
        pods={},
        foreign=(),
        gaps=(),
    ),
]
