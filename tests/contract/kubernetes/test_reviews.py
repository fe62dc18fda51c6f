"""Access reviews of the sandbox: who may do what follows from the roles and bindings, by the rules of
RBAC.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.kubernetes.conftest import NOBODY, Api

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"
RULES = [
    {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["settings"], "verbs": ["get"]},
    {"apiGroups": ["apps"], "resources": ["*/scale"], "verbs": ["*"]},
    {"apiGroups": ["*"], "resources": ["pods"], "verbs": ["list"]},
]


@pytest.fixture(scope="module")
def bound(api: Api) -> Api:
    def bind(where: str, role: dict[str, str], *subjects: dict[str, str]) -> None:
        body = {
            "metadata": {"name": role["name"]},
            "roleRef": {"apiGroup": GROUP, **role},
            "subjects": list(subjects),
        }
        api.json("POST", f"{RBAC}/{where}", body)

    api.json("POST", "/api/v1/namespaces", {"metadata": {"name": "reviewed"}})
    api.json("POST", f"{RBAC}/namespaces/reviewed/roles", {"metadata": {"name": "some"}, "rules": RULES})
    runner = {"kind": "ServiceAccount", "name": "runner", "namespace": "reviewed"}
    bind("namespaces/reviewed/rolebindings", {"kind": "Role", "name": "some"}, runner)
    nodes = [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]},
        {"nonResourceURLs": ["/metrics/*"], "verbs": ["get"]},
    ]
    api.json("POST", f"{RBAC}/clusterroles", {"metadata": {"name": "machines"}, "rules": nodes})
    bind(
        "clusterrolebindings",
        {"kind": "ClusterRole", "name": "machines"},
        {"kind": "Group", "apiGroup": GROUP, "name": "system:serviceaccounts:reviewed"},
    )
    bind(
        "namespaces/reviewed/rolebindings",
        {"kind": "ClusterRole", "name": "machines"},
        {"kind": "User", "apiGroup": GROUP, "name": "ana"},
    )
    return api


def review(
    api: Api,
    user: str = "system:serviceaccount:reviewed:runner",
    groups: tuple[str, ...] = (),
    **attributes: str,
) -> dict[str, Any]:
    field = "nonResourceAttributes" if "path" in attributes else "resourceAttributes"
    spec = {"user": user, "groups": list(groups), field: attributes}
    return dict(api.json("POST", REVIEWS, {"spec": spec})["status"])


def allowed(api: Api, verb: str, resource: str, **more: str) -> bool:
    name, _, sub = resource.partition("/")
    attributes = {
        "verb": verb,
        "resource": name,
        "subresource": sub,
        "group": "",
        "namespace": "reviewed",
        **more,
    }
    return bool(review(api, **attributes)["allowed"])  # type: ignore[arg-type]


def test_a_right_is_allowed_by_a_named_binding(bound: Api) -> None:
    status = review(bound, verb="list", resource="pods", namespace="reviewed")
    assert status == {
        "allowed": True,
        "reason": (
            'RBAC: allowed by RoleBinding "some/reviewed" of Role "some" to ServiceAccount "runner/reviewed"'
        ),
    }
    assert review(bound, verb="delete", resource="pods", namespace="reviewed") == {"allowed": False}


@pytest.mark.parametrize(
    ("verb", "resource", "more", "expected"),
    [
        ("get", "configmaps", {"name": "settings"}, True),
        ("get", "configmaps", {"name": "another"}, False),
        ("get", "configmaps", {}, False),
        ("patch", "deployments/scale", {"group": "apps"}, True),
        ("patch", "deployments", {"group": "apps"}, False),
        ("list", "pods", {"group": "metrics.k8s.io"}, True),
        ("list", "pods/log", {}, False),
        ("list", "pods", {"namespace": "default"}, False),
        ("list", "pods", {"namespace": ""}, False),
    ],
)
def test_names_subresources_groups_and_namespaces_count(
    bound: Api, verb: str, resource: str, more: dict[str, str], expected: bool
) -> None:
    assert allowed(bound, verb, resource, **more) is expected


def test_groups_count_only_if_they_are_given_and_cluster_bindings_everywhere(bound: Api) -> None:
    mine = ("system:serviceaccounts", "system:serviceaccounts:reviewed")
    assert review(bound, verb="get", resource="nodes")["allowed"] is False
    assert review(bound, groups=mine, verb="get", resource="nodes")["allowed"] is True
    assert review(bound, user="ana", verb="get", resource="nodes")["allowed"] is False, (
        "a RoleBinding counts in its namespace"
    )
    assert review(bound, user="ana", verb="get", resource="nodes", namespace="reviewed")["allowed"] is True


def test_paths_that_are_no_resources_are_matched_to_the_star(bound: Api) -> None:
    mine = ("system:serviceaccounts:reviewed",)
    assert review(bound, groups=mine, verb="get", path="/metrics/cadvisor")["allowed"] is True
    assert review(bound, groups=mine, verb="get", path="/logs")["allowed"] is False
    assert review(bound, groups=mine, verb="post", path="/metrics/cadvisor")["allowed"] is False


def test_whoever_asks_about_another_must_be_allowed_to(bound: Api) -> None:
    body = {"spec": {"user": "ana", "resourceAttributes": {"verb": "get", "resource": "nodes"}}}
    refused = bound.json("POST", REVIEWS, body, token=NOBODY)
    assert refused["code"] == 403 and 'cannot create resource "subjectaccessreviews"' in refused["message"]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"resourceAttributes": {"verb": "get", "resource": "pods"}}, "at least one of user or group"),
        ({"user": "ana"}, "exactly one of nonResourceAttributes or resourceAttributes"),
    ],
)
def test_a_review_that_asks_nothing_is_invalid(bound: Api, spec: dict[str, Any], why: str) -> None:
    refused = bound.json("POST", REVIEWS, {"spec": spec})
    assert refused["code"] == 422 and why in refused["message"]
