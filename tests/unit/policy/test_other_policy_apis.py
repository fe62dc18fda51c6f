"""Policies of other APIs are found in the group that a cluster serves, and named; what fails makes a gap."""

from __future__ import annotations

from typing import Any

from bot.adapters.kube.errors import Forbidden
from bot.drivers.catalog import policy_apis
from bot.policy.other_policy_apis import OtherPolicy, read_other_policies
from tests.unit.policy.fake_kube import Answer, FakeKube

CRD, API_SERVER = "crd.projectcalico.org", "projectcalico.org"


def served(*groups: str) -> dict[str, Any]:
    return {"groups": [{"name": group, "preferredVersion": {"version": "v1"}} for group in groups]}


def resources(*plurals: str) -> dict[str, Any]:
    kinds = {plural: kind for api in policy_apis() for kind, plural in api.policies.items()}
    return {"resources": [{"name": plural, "kind": kinds.get(plural, "Other")} for plural in plurals]}


def objects(*names: str, namespace: str = "") -> list[Answer]:
    return [{"metadata": {"name": name, "namespace": namespace}} for name in names]


def read(answers: dict[str, Answer]) -> tuple[list[str], tuple[str, ...], list[str]]:
    kube = FakeKube(answers)
    policies, gaps = read_other_policies(kube)  # type: ignore[arg-type]
    return [str(policy) for policy in policies], gaps, kube.asked


def test_a_cluster_without_other_apis_is_asked_once() -> None:
    assert read({"/apis": served("apps")}) == ([], (), ["/apis"])


def test_kinds_that_the_group_serves_are_listed_and_no_others() -> None:
    policies, gaps, requests = read(
        {
            "/apis": served(CRD),
            f"/apis/{CRD}/v1": resources("networkpolicies", "stagednetworkpolicies", "ippools"),
            f"/apis/{CRD}/v1/networkpolicies": objects("b", "a", namespace="shop"),
        }
    )
    assert policies == [f"NetworkPolicy shop/a ({CRD})", f"NetworkPolicy shop/b ({CRD})"] and not gaps
    assert requests == ["/apis", f"/apis/{CRD}/v1", f"/apis/{CRD}/v1/networkpolicies"], (
        "staged ones are not read"
    )


def test_of_two_groups_with_the_same_policies_the_api_server_of_calico_is_asked() -> None:
    policies, _, requests = read(
        {
            "/apis": served(CRD, API_SERVER),
            f"/apis/{API_SERVER}/v1": resources("globalnetworkpolicies"),
            f"/apis/{API_SERVER}/v1/globalnetworkpolicies": objects("deny", "knp.default.web", "kanp.x"),
        }
    )
    assert policies == [f"GlobalNetworkPolicy deny ({API_SERVER})"], "mirrors of our own are left out"
    assert not any(CRD in path.split("/") for path in requests)


def test_a_group_that_may_not_be_read_makes_a_gap_and_the_others_are_read() -> None:
    refused = Forbidden("no", why="cannot list resource")
    policies, gaps, _ = read(
        {
            "/apis": served(API_SERVER, "cilium.io"),
            f"/apis/{API_SERVER}/v1": refused,
            "/apis/cilium.io/v1": resources("ciliumnetworkpolicies"),
            "/apis/cilium.io/v1/ciliumnetworkpolicies": objects("web", namespace="shop"),
        }
    )
    assert policies == ["CiliumNetworkPolicy shop/web (cilium.io)"]
    assert gaps == (f"policies of {API_SERVER} could not be looked for: cannot list resource",)


def test_without_the_list_of_groups_nothing_is_known() -> None:
    policies, gaps, _ = read({"/apis": Forbidden("no", why="not allowed")})
    assert not policies and gaps == ("which policy APIs are served could not be read: not allowed",)


def test_a_policy_without_a_namespace_is_named_without_one() -> None:
    assert str(OtherPolicy("AdminNetworkPolicy", "g", "", "x")) == "AdminNetworkPolicy x (g)"
    assert str(OtherPolicy("NetworkPolicy", "g", "shop", "x")) == "NetworkPolicy shop/x (g)"
