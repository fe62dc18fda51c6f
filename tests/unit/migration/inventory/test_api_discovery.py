"""What a cluster says that it serves, by aggregated discovery or one group version after the other."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.adapters.kube.client import Reply
from bot.adapters.kube.errors import BadAnswer, KubeError, NotFound, ServerFailed
from bot.migration.inventory.api_discovery import discover
from tests.unit.migration.builders import SERVED
from tests.unit.migration.memory_kube import MemoryKube

APPS = {
    "resources": [
        {
            "name": "deployments",
            "kind": "Deployment",
            "namespaced": True,
            "verbs": ["list", "create", "patch"],
        },
        {"name": "deployments/scale", "kind": "Scale", "namespaced": True, "verbs": ["patch"]},
    ]
}


class OldKube(MemoryKube):
    """An API server without aggregated discovery: every path has its answer."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__()
        self.answers = answers

    def answer_read(self, path: str, query: dict[str, str]) -> Reply:
        answer = self.answers.get(path, NotFound("not found"))
        if isinstance(answer, KubeError):
            raise answer
        return Reply(status=200, data=msgspec.json.encode(answer))


def old_kube(**answers: Any) -> OldKube:
    group = {
        "name": "apps",
        "versions": [{"version": "v1beta1"}, {"version": "v1"}],
        "preferredVersion": {"version": "v1"},
    }
    return OldKube(
        {
            "/version": {"gitVersion": "v1.24.0"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {
                "kind": "APIGroupList",
                "groups": [group, {"name": "m.example", "versions": [{"version": "v1"}]}],
            },
            "/api/v1": {
                "resources": [{"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list"]}]
            },
            "/apis/apps/v1": APPS,
            "/apis/apps/v1beta1": APPS,
            **answers,
        }
    )


def test_aggregated_discovery_is_read() -> None:
    surface = discover(MemoryKube())
    assert surface.version == "v1.29.5"
    assert set(surface.resources) == set(SERVED.resources)


def test_an_old_server_is_asked_one_by_one_and_prefers_as_it_says() -> None:
    surface = discover(old_kube())
    assert [resource.version for resource in surface.versions("apps", "Deployment")] == ["v1", "v1beta1"]
    assert not surface.versions("apps", "Scale"), "it is a subresource"
    assert surface.versions("", "Pod")


def test_kinds_of_an_aggregated_api_that_is_down_are_missing_and_those_of_the_core_are_not() -> None:
    surface = discover(old_kube(**{"/apis/m.example/v1": ServerFailed("down")}))
    assert surface.versions("apps", "Deployment")
    with pytest.raises(ServerFailed):
        discover(old_kube(**{"/api/v1": ServerFailed("down")}))


def test_an_address_that_serves_nothing_is_no_kubernetes_api() -> None:
    kube = OldKube({"/version": {}, "/api": {}, "/apis": {}})
    kube.endpoint = type("Endpoint", (), {"server": "https://here"})()
    with pytest.raises(BadAnswer, match="no kind"):
        discover(kube)
