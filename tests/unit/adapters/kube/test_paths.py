"""Paths of the Kubernetes API for core and other groups, with and without a namespace."""

from __future__ import annotations

import pytest

from bot.adapters.kube import paths


@pytest.mark.parametrize(
    ("api_version", "plural", "namespace", "path"),
    [
        ("v1", "nodes", "", "/api/v1/nodes"),
        ("v1", "pods", "shop", "/api/v1/namespaces/shop/pods"),
        ("apps/v1", "daemonsets", "", "/apis/apps/v1/daemonsets"),
        (
            "networking.k8s.io/v1",
            "networkpolicies",
            "shop",
            "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies",
        ),
    ],
)
def test_a_collection_is_below_its_group_and_namespace(
    api_version: str, plural: str, namespace: str, path: str
) -> None:
    assert paths.collection(api_version, plural, namespace) == path
    assert paths.item(api_version, plural, "web", namespace) == f"{path}/web"


def test_what_is_special_in_a_path_is_escaped() -> None:
    assert paths.item("rbac.authorization.k8s.io/v1", "clusterroles", "system:node").endswith(
        "/system%3Anode"
    )
    assert paths.item("v1", "pods", "../secrets", "a/b") == "/api/v1/namespaces/a%2Fb/pods/..%2Fsecrets"
