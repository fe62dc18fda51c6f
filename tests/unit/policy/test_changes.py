"""The rules of changing: what counts as changed since, what can be taken back, whose policy it is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy import change_plan, content, drift, owners, preconditions
from bot.policy.drift import TargetState, target_state
from bot.policy.errors import NoSuchChange, NotEnforced
from bot.policy.post_check import compare
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import BEGUN, GIVEN_UP
from tests.unit.policy.builders import SHOP, change, computed, live, manifest, pod, snapshot, where

DENY, OTHER = manifest("deny"), manifest("deny", policyTypes=["Egress"])
WRITER = [{"manager": "kubectl", "time": "2026-11-24T12:00:00Z"}]


# --- changed since


@pytest.mark.parametrize(
    ("after", "there", "said"),
    [
        pytest.param(DENY, live(DENY), "", id="as-it-was-left"),
        pytest.param(DENY, None, "it was deleted since", id="deleted"),
        pytest.param(DENY, live(DENY, uid="u2"), "it was deleted and made again", id="made-again"),
        pytest.param(
            DENY, live(OTHER, version="8"), "spec.policyTypes: nothing → [Egress]", id="another-content"
        ),
        pytest.param(
            DENY, live(DENY, version="8"), "its content is the same, but it was written again", id="touched"
        ),
        pytest.param(None, None, "", id="still-gone"),
        pytest.param(None, live(DENY, uid="u2"), "somebody made it again", id="back"),
    ],
)
def test_what_happened_since_is_named(after: Any, there: Any, said: str) -> None:
    assert drift.drift_after(change(after=after), there) == said


def test_who_wrote_last_is_named_too() -> None:
    told = drift.drift_after(change(), live(OTHER, version="8", managedFields=WRITER))
    assert told.endswith("(last written by kubectl at 2026-11-24 12:00:00 UTC)")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"undone_by": "9bea" * 8}, "was taken back already"),
        ({"state": GIVEN_UP, "note": "somebody else wrote it"}, "was never made"),
        ({"state": BEGUN}, "cannot be taken back"),
        ({"note": "what was there before is not known"}, "cannot be taken back"),
    ],
)
def test_there_must_be_something_to_take_back(more: dict[str, Any], said: str) -> None:
    with pytest.raises(NoSuchChange, match=said):
        preconditions.check_revocable(change(**more))


# --- a change that was cut off


@pytest.mark.parametrize(
    ("before", "after", "there", "stands"),
    [
        pytest.param(None, DENY, None, TargetState.UNCHANGED, id="create-not-done"),
        pytest.param(None, DENY, live(DENY), TargetState.WRITTEN, id="create-done"),
        pytest.param(None, DENY, live(OTHER), TargetState.CHANGED_BY_OTHERS, id="create-of-somebody-else"),
        pytest.param(
            OTHER, DENY, live(OTHER, uid="u0", version="5"), TargetState.UNCHANGED, id="update-not-done"
        ),
        pytest.param(OTHER, DENY, live(DENY, uid="u0", version="6"), TargetState.WRITTEN, id="update-done"),
        pytest.param(
            OTHER,
            DENY,
            live(OTHER, uid="u0", version="6"),
            TargetState.CHANGED_BY_OTHERS,
            id="update-of-somebody-else",
        ),
        pytest.param(OTHER, DENY, None, TargetState.CHANGED_BY_OTHERS, id="update-of-what-is-gone"),
        pytest.param(
            OTHER, None, live(OTHER, uid="u0", version="5"), TargetState.UNCHANGED, id="delete-not-done"
        ),
        pytest.param(OTHER, None, None, TargetState.WRITTEN, id="delete-done"),
        pytest.param(
            OTHER,
            None,
            live(OTHER, uid="u0", version="6", deletionTimestamp="t"),
            TargetState.WRITTEN,
            id="delete-under-way",
        ),
        pytest.param(
            OTHER,
            None,
            live(OTHER, uid="u2", version="9"),
            TargetState.CHANGED_BY_OTHERS,
            id="delete-of-another",
        ),
    ],
)
def test_the_target_tells_how_a_cut_off_change_stands(
    before: Any, after: Any, there: Any, stands: TargetState
) -> None:
    begun = change(
        before=before,
        before_uid="u0" if before else "",
        before_version="5" if before else "",
        after=after,
        state=BEGUN,
    )
    assert target_state(begun, there) is stands


def test_what_a_finished_change_did_is_told_from_what_was_there_before() -> None:
    found = snapshot(DENY)
    told = change_plan.preview_written_change(where(), found, change(before=None, after=DENY))
    assert (
        told.preview.changes
        and change_plan.with_policy(found, PolicyRef("shop", "deny"), None).policies == {}
    )
    undone = change_plan.preview_written_change(where(), snapshot(), change(before=DENY, after=None))
    assert [each.opens for each in undone.preview.changes] == [each.closes for each in told.preview.changes]


# --- after the write


def test_what_differs_from_the_preview_is_found_with_what_came_in_between() -> None:
    plan, then = computed(DENY), snapshot()
    same = compare(plan.after, snapshot(DENY), then, written=PolicyRef("shop", "deny"))
    assert same.as_previewed and not (same.came or same.went or same.policies)
    more = (*SHOP[1:], pod("cart-9", labels={"app": "cart"}), pod("new-1", namespace="web"))
    lets = manifest("lets", policyTypes=["Ingress"], ingress=[{}])
    other = compare(plan.after, snapshot(DENY, lets, pods=more), then, written=PolicyRef("shop", "deny"))
    assert not other.as_previewed and other.policies == ("shop/lets was made",)
    assert [str(each) for each in other.came] == ["shop/cart-9", "web/new-1"]
    assert [str(each) for each in other.went] == ["shop/cart-1"]
    third = compare(plan.after, snapshot(DENY), snapshot(lets), written=PolicyRef("shop", "deny"))
    assert third.policies == ("shop/lets was deleted",)


# --- where, and whose


@pytest.mark.parametrize(
    ("driver", "why"),
    [("Flannel", "Flannel enforces no NetworkPolicy"), ("", "whether anything changes is not known")],
)
def test_nothing_is_written_where_nothing_enforces_it(driver: str, why: str) -> None:
    preconditions.check_enforced(where())
    with pytest.raises(NotEnforced) as told:
        preconditions.check_enforced(where(driver=driver, enforces=False))
    assert why in told.value.why and "/xk8s migrate prod-eu --to calico" in told.value.fix


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, ""),
        (
            {
                "annotations": {
                    "argocd.argoproj.io/tracking-id": "shop:networking.k8s.io/NetworkPolicy:shop/x"
                }
            },
            "Argo CD owns this policy (shop)",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "Argo CD owns this policy (shop)"),
        (
            {
                "labels": {"app.kubernetes.io/instance": "shop"},
                "managedFields": [{"manager": "argocd-controller"}],
            },
            "Argo CD owns this policy (shop)",
        ),
        ({"labels": {"app.kubernetes.io/instance": "shop"}}, ""),
        (
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            "Flux owns this policy (flux-system/apps)",
        ),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "shop"}}, "Flux owns this policy (shop)"),
        (
            {
                "annotations": {"meta.helm.sh/release-name": "shop"},
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
            },
            "Helm owns this policy (release shop)",
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm owns this policy:"),
        ({"labels": {"app.kubernetes.io/managed-by": "xk8s"}}, ""),
    ],
)
def test_the_tool_that_keeps_a_policy_is_recognised_by_its_marks(metadata: dict[str, Any], said: str) -> None:
    owner = owners.owner_of({"metadata": metadata})
    assert (owner.consequence if owner else "").startswith(said) and bool(owner) == bool(said)


def test_what_the_server_writes_is_no_part_of_a_policys_content() -> None:
    there = live(DENY, generation=3, creationTimestamp="t", managedFields=WRITER, labels={})
    assert content.strip_server_fields({**there, "status": {}}) == DENY
    seen = content.read_content(there)
    assert seen is not None and (seen.uid, seen.version) == ("u1", "7") and content.read_content(None) is None


def test_differences_are_told_by_field_and_only_so_many() -> None:
    many = manifest("deny", ingress=[{"ports": [{"port": number}]} for number in range(20)])
    other = manifest("deny", ingress=[{"ports": [{"port": number + 1}]} for number in range(20)])
    told = content.describe_differences(many, other)
    assert told[0] == "spec.ingress[0].ports[0].port: 0 → 1" and told[-1] == "…and 12 more" and len(told) == 9


def test_yaml_is_written_as_people_write_it() -> None:
    text = content.as_yaml(live(manifest("deny", policyTypes=["Ingress"])))
    assert text.splitlines()[:5] == [
        "apiVersion: networking.k8s.io/v1",
        "kind: NetworkPolicy",
        "metadata:",
        "  name: deny",
        "  namespace: shop",
    ]
    assert "uid" not in text and "resourceVersion" not in text
