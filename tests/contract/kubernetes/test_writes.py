"""Our writes, against the sandbox's API server over HTTPS, and a real cluster where XK8S_TEST_KUBECONFIG
is set.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.kube import errors, paths, writes
from bot.adapters.kube.client import KubeClient
from tests.contract.kubernetes.conftest import NOBODY, Api
from tests.contract.kubernetes.test_client import connect, endpoint, kube

__all__ = ["kube"]

MAPS = paths.collection("v1", "configmaps", "default")
POLICIES = paths.collection("networking.k8s.io/v1", "networkpolicies", "default")


@pytest.fixture
def name(kube: KubeClient) -> Iterator[str]:
    """A name that is free, and free again after the test."""
    written = f"xk8s-test-{uuid.uuid4().hex[:8]}"
    yield written
    for collection in (MAPS, POLICIES):
        writes.delete(kube, f"{collection}/{written}")


def a_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def a_policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"podSelector": {}, **spec},
    }


def test_paths_are_those_of_the_api() -> None:
    assert MAPS == "/api/v1/namespaces/default/configmaps"
    assert paths.item("v1", "namespaces", "shop") == "/api/v1/namespaces/shop"
    role = paths.item("rbac.authorization.k8s.io/v1", "clusterroles", "system:node")
    assert role == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode"


def test_what_is_applied_twice_is_made_once(kube: KubeClient, name: str) -> None:
    first = writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="1"))
    again = writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="1"))
    assert (first.created, again.created) == (True, False)
    assert again.uid == first.uid and again.resource_version == first.resource_version
    managers = [entry["manager"] for entry in again.object["metadata"]["managedFields"]]
    assert managers == ["xk8s"]


def test_a_dry_run_shows_what_would_be_and_changes_nothing(kube: KubeClient, name: str) -> None:
    would = writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="1"), dry_run=True)
    assert would.object["data"] == {"a": "1"} and would.created
    assert writes.read(kube, f"{MAPS}/{name}") is None


def test_fields_of_another_manager_are_a_conflict_that_names_it_until_forced(
    kube: KubeClient, name: str
) -> None:
    writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="1"), manager="helm")
    with pytest.raises(errors.FieldConflict) as raised:
        writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="2"))
    assert [(cause.field, cause.message) for cause in raised.value.causes] == [
        (".data.a", 'conflict with "helm"')
    ]
    forced = writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="2"), force=True)
    assert forced.object["data"] == {"a": "2"}


def test_an_apply_that_names_a_version_or_an_object_is_for_that_one_only(kube: KubeClient, name: str) -> None:
    written = writes.apply(kube, f"{MAPS}/{name}", a_map(name, a="1"))
    version = {"uid": written.uid, "resourceVersion": written.resource_version}
    second = a_map(name, a="2")
    second["metadata"] |= version
    assert writes.apply(kube, f"{MAPS}/{name}", second).object["data"] == {"a": "2"}
    with pytest.raises(errors.Conflict) as raised:
        writes.apply(kube, f"{MAPS}/{name}", {**second, "data": {"a": "3"}})
    assert not isinstance(raised.value, errors.FieldConflict) and "has been modified" in raised.value.why
    recreated = a_map(name, a="3")
    recreated["metadata"]["uid"] = str(uuid.uuid4())
    with pytest.raises(errors.Conflict):
        writes.apply(kube, f"{MAPS}/{name}", recreated)


def test_a_name_that_is_taken_is_told_apart_from_a_stale_version(kube: KubeClient, name: str) -> None:
    written = writes.create(kube, MAPS, a_map(name, a="1"))
    with pytest.raises(errors.AlreadyExists):
        writes.create(kube, MAPS, a_map(name))
    writes.patch(kube, f"{MAPS}/{name}", {"data": {"a": "2"}})
    with pytest.raises(errors.Conflict) as raised:
        writes.replace(kube, f"{MAPS}/{name}", written.object)
    assert not isinstance(raised.value, errors.AlreadyExists)
    assert "has been modified" in raised.value.why


def test_what_breaks_a_rule_is_refused_with_the_field(kube: KubeClient, name: str) -> None:
    bad = a_policy(name, ingress=[{"ports": [{"port": 90_000}]}])
    with pytest.raises(errors.Invalid) as raised:
        writes.apply(kube, f"{POLICIES}/{name}", bad, dry_run=True)
    assert [cause.field for cause in raised.value.causes] == ["spec.ingress[0].ports[0].port"]


def test_a_field_that_nobody_knows_is_refused_strictly_and_warned_of_otherwise(
    kube: KubeClient, name: str
) -> None:
    bad = a_policy(name, podSelectr={})
    with pytest.raises(errors.Malformed, match="did not apply"):
        writes.apply(kube, f"{POLICIES}/{name}", bad, dry_run=True)
    lenient = kube.exchange(
        "PATCH",
        f"{POLICIES}/{name}?fieldManager=xk8s&fieldValidation=Warn&dryRun=All",
        doing="apply leniently",
        content=writes.APPLY,
        body=json.dumps(bad).encode(),
    )
    assert lenient.warnings == ('unknown field "spec.podSelectr"',)


def test_only_what_was_seen_is_deleted(kube: KubeClient, name: str) -> None:
    written = writes.create(kube, MAPS, a_map(name))
    with pytest.raises(errors.Conflict, match="did not delete"):
        writes.delete(kube, f"{MAPS}/{name}", uid=str(uuid.uuid4()))
    with pytest.raises(errors.Conflict):
        writes.delete(kube, f"{MAPS}/{name}", uid=written.uid, resource_version="1")
    assert writes.delete(kube, f"{MAPS}/{name}", uid=written.uid, dry_run=True) is writes.Removal.GONE
    assert writes.read(kube, f"{MAPS}/{name}") is not None
    removal = writes.delete(
        kube, f"{MAPS}/{name}", uid=written.uid, resource_version=written.resource_version
    )
    assert removal is writes.Removal.GONE
    assert writes.delete(kube, f"{MAPS}/{name}", uid=written.uid) is writes.Removal.ABSENT


def test_a_write_that_may_be_repeated_is_and_a_create_is_not(running: Api) -> None:
    kube, faults = connect(endpoint(running)), running.cluster.api.faults
    faults.status, faults.times = 503, 1
    writes.apply(kube, f"{MAPS}/repeated", a_map("repeated"))
    faults.status, faults.times = 503, 1
    with pytest.raises(errors.ServerFailed):
        writes.create(kube, MAPS, a_map("not-repeated"))
    assert writes.read(kube, f"{MAPS}/not-repeated") is None
    faults.status, faults.times = 429, 1
    assert writes.create(kube, MAPS, a_map("asked-to-wait")).created


def test_the_operation_travels_in_the_user_agent(running: Api) -> None:
    writes.apply(connect(endpoint(running)), f"{MAPS}/agent", a_map("agent"))
    assert running.cluster.api.agents[-1] == "xk8s/test (operation 0123)"


def test_a_right_that_is_missing_is_said(running: Api) -> None:
    with pytest.raises(errors.Forbidden) as raised:
        writes.apply(connect(endpoint(running, NOBODY)), f"{MAPS}/mine", a_map("mine"))
    assert 'cannot patch resource "configmaps"' in raised.value.why and "deploy/rbac/" in raised.value.fix


def test_nothing_is_made_in_a_namespace_that_is_being_deleted(running: Api) -> None:
    kube = connect(endpoint(running))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaving"}}
    writes.create(kube, "/api/v1/namespaces", space)
    config_map = {
        **a_map("held"),
        "metadata": {"name": "held", "namespace": "leaving", "finalizers": ["xk8s.dev/test"]},
    }
    writes.create(kube, paths.collection("v1", "configmaps", "leaving"), config_map)
    assert writes.delete(kube, paths.item("v1", "namespaces", "leaving")) is writes.Removal.GOING
    with pytest.raises(errors.NamespaceTerminating) as raised:
        writes.apply(kube, paths.item("v1", "configmaps", "late", "leaving"), a_map("late"))
    assert "because it is being terminated" in raised.value.why
    kube.exchange(
        "PATCH",
        paths.item("v1", "configmaps", "held", "leaving"),
        doing="let it go",
        content=writes.MERGE,
        body=b'{"metadata":{"finalizers":null}}',
    )


def test_what_only_the_server_writes_is_left_out(kube: KubeClient, name: str) -> None:
    written = writes.create(kube, POLICIES, a_policy(name, policyTypes=["Ingress"]))
    assert writes.without_server_fields(written.object) == a_policy(name, policyTypes=["Ingress"])
