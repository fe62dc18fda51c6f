"""Which objects of a document matter, and how they are named."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.manifests.documents import ManifestDocument
from bot.policy.manifests.kube_objects import find_objects
from bot.policy.reach.field_errors import FieldErrors


def names_and_mistakes(value: Any) -> tuple[list[str], list[str]]:
    errors = FieldErrors()
    objects = list(find_objects(ManifestDocument("a.yaml", 1, value), errors))
    return [f"{obj} {obj.prefix}".strip() for obj in objects], [str(error) for error in errors.errors]


def obj(kind: str, version: str = "v1", **metadata: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **metadata}}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (obj("Pod"), "Pod default/x"),
        (obj("Namespace", namespace="shop"), "Namespace x"),
        (obj("Deployment", "apps/v1", namespace="shop"), "Deployment shop/x"),
        (obj("Deployment", "extensions/v1beta1"), "Deployment default/x"),
        (obj("NetworkPolicy", "networking.k8s.io/v1"), "NetworkPolicy default/x"),
        (obj("StagedGlobalNetworkPolicy", "crd.projectcalico.org/v1"), "StagedGlobalNetworkPolicy x"),
        (obj("CiliumNetworkPolicy", "cilium.io/v2"), "CiliumNetworkPolicy default/x"),
    ],
)
def test_what_decides_about_connections_is_found_by_kind_and_group(value: Any, name: str) -> None:
    assert names_and_mistakes(value) == ([name], [])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(obj("Service"), id="another-kind"),
        pytest.param(obj("Deployment", "example.com/v1"), id="a-kind-of-another-group"),
        pytest.param({"replicas": 3}, id="values-of-a-chart"),
        pytest.param([{"op": "replace"}], id="a-json-patch"),
    ],
)
def test_everything_else_is_passed_over(value: Any) -> None:
    assert names_and_mistakes(value) == ([], [])


def test_lists_in_lists_are_opened_and_their_fields_named_from_the_top() -> None:
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "x"}}]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [obj("Node"), inner]}
    assert names_and_mistakes(outer) == (["Node x items[0].", "Pod default/x items[1].items[0]."], [])


def test_a_name_that_is_none_is_a_mistake_of_every_kind_but_policies_which_are_parsed_later() -> None:
    assert names_and_mistakes({**obj("Pod"), "metadata": {"name": "A"}})[1][0].startswith(
        "metadata.name: 'A' is not"
    )
    assert names_and_mistakes(obj("Pod", namespace="a.b"))[1][0].startswith(
        "metadata.namespace: 'a.b' is not a DNS label"
    )
    policy = {**obj("NetworkPolicy", "networking.k8s.io/v1"), "metadata": {"name": "A", "namespace": "a.b"}}
    assert names_and_mistakes(policy)[1] == []
