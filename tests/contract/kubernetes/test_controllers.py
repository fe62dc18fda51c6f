"""The sandbox's controllers: what a person applies runs, is counted, and goes with its owner."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.kubernetes.conftest import MASTER, Api

BASE = "/api/v1/namespaces"
APPS = "/apis/apps/v1/namespaces"
BATCH = "/apis/batch/v1/namespaces"
CONTAINER = {"name": "c", "image": "registry.local/app:1.0"}


@pytest.fixture
def namespace(running: Api, request: pytest.FixtureRequest) -> str:
    name = f"n{abs(hash(request.node.name)) % 10**9}"
    running.json("POST", BASE, {"metadata": {"name": name}})
    running.settle()  # a pod needs the default ServiceAccount
    return name


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def pods(api: Api, namespace: str) -> dict[str, dict[str, Any]]:
    return {pod["metadata"]["name"]: pod for pod in api.json("GET", f"{BASE}/{namespace}/pods")["items"]}


def workload(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER]}}
    body = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def test_a_deployment_has_its_pods_and_a_scaled_one_fewer(running: Api, namespace: str) -> None:
    running.json("POST", f"{APPS}/{namespace}/deployments", workload("Deployment", "web", replicas=3))
    at = f"{APPS}/{namespace}/deployments/web"
    until(lambda: running.json("GET", at)["status"].get("readyReplicas") == 3)
    running.ask(
        "PATCH",
        f"{at}/scale",
        body=b'{"spec":{"replicas":1}}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    until(lambda: len(pods(running, namespace)) == 1)


def test_a_stateful_set_makes_one_pod_after_the_other_each_with_its_claim(
    running: Api, namespace: str
) -> None:
    claims = [
        {
            "metadata": {"name": "data"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "cinder",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
    ]
    body = workload("StatefulSet", "db", replicas=2, serviceName="db", volumeClaimTemplates=claims)
    running.json("POST", f"{APPS}/{namespace}/statefulsets", body)
    at = f"{APPS}/{namespace}/statefulsets/db"
    until(lambda: running.json("GET", at)["status"].get("readyReplicas") == 2)
    named = pods(running, namespace)
    assert sorted(named) == ["db-0", "db-1"]
    volumes = {volume["name"]: volume for volume in named["db-1"]["spec"]["volumes"]}
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == "data-db-1"
    claim = running.json("GET", f"{BASE}/{namespace}/persistentvolumeclaims/data-db-0")
    assert claim["status"]["phase"] == "Bound"
    volume = running.json("GET", f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}")
    assert volume["spec"]["claimRef"]["name"] == "data-db-0"
    running.ask(
        "PATCH",
        f"{at}/scale",
        body=b'{"spec":{"replicas":1}}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    until(lambda: sorted(pods(running, namespace)) == ["db-0"])
    assert running.ask("GET", f"{BASE}/{namespace}/persistentvolumeclaims/data-db-1").status == 200


def test_a_claim_in_use_is_deleted_when_its_pod_is_gone_and_its_volume_with_it(
    running: Api, namespace: str
) -> None:
    claim = {
        "metadata": {"name": "disk"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "cinder",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    at = f"{BASE}/{namespace}/persistentvolumeclaims/disk"
    running.json("POST", f"{BASE}/{namespace}/persistentvolumeclaims", claim)
    volume = until(lambda: running.json("GET", at)["spec"].get("volumeName"))
    pod = {
        "metadata": {"name": "user"},
        "spec": {
            "containers": [CONTAINER],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "disk"}}],
        },
    }
    running.json("POST", f"{BASE}/{namespace}/pods", pod)
    running.ask("DELETE", at)
    assert running.json("GET", at)["metadata"]["deletionTimestamp"]
    running.ask("DELETE", f"{BASE}/{namespace}/pods/user")
    until(lambda: running.ask("GET", at).status == 404)
    until(lambda: running.ask("GET", f"/api/v1/persistentvolumes/{volume}").status == 404)


def job(name: str, script: str, **spec: Any) -> dict[str, Any]:
    container = {**CONTAINER, "command": ["sh", "-c", script]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"metadata": {"name": name}, "spec": {"template": template, **spec}}


def test_a_job_runs_until_it_has_succeeded_often_enough(running: Api, namespace: str) -> None:
    running.json("POST", f"{BATCH}/{namespace}/jobs", job("import", "exit 0", completions=3, parallelism=2))
    status = until(lambda: _done(running, f"{BATCH}/{namespace}/jobs/import"))
    assert status["succeeded"] == 3
    assert {pod["status"]["phase"] for pod in pods(running, namespace).values()} == {"Succeeded"}


def test_a_job_that_fails_too_often_is_given_up(running: Api, namespace: str) -> None:
    running.json("POST", f"{BATCH}/{namespace}/jobs", job("broken", "exit 3", backoffLimit=1))
    status = until(lambda: _done(running, f"{BATCH}/{namespace}/jobs/broken"))
    assert status["conditions"][0]["reason"] == "BackoffLimitExceeded"
    assert status["failed"] == 2


def _done(api: Api, at: str) -> dict[str, Any] | None:
    status = api.json("GET", at).get("status") or {}
    return status if status.get("conditions") else None


def test_what_is_owned_goes_with_its_owner(running: Api, namespace: str) -> None:
    running.json("POST", f"{APPS}/{namespace}/deployments", workload("Deployment", "web", replicas=2))
    until(lambda: len(pods(running, namespace)) == 2)
    running.ask("DELETE", f"{APPS}/{namespace}/deployments/web")
    until(lambda: not pods(running, namespace))
    assert running.json("GET", f"{APPS}/{namespace}/replicasets")["items"] == []


def test_a_foreground_deletion_waits_for_what_is_owned(running: Api, namespace: str) -> None:
    running.json("POST", f"{APPS}/{namespace}/replicasets", workload("ReplicaSet", "web", replicas=2))
    until(lambda: len(pods(running, namespace)) == 2)
    at = f"{APPS}/{namespace}/replicasets/web"
    running.json("DELETE", at, {"propagationPolicy": "Foreground"})
    until(lambda: running.ask("GET", at).status == 404)
    assert not pods(running, namespace)


def test_an_orphaning_deletion_leaves_what_is_owned(running: Api, namespace: str) -> None:
    running.json("POST", f"{APPS}/{namespace}/replicasets", workload("ReplicaSet", "web", replicas=2))
    until(lambda: len(pods(running, namespace)) == 2)
    at = f"{APPS}/{namespace}/replicasets/web"
    running.json("DELETE", at, {"propagationPolicy": "Orphan"})
    until(lambda: running.ask("GET", at).status == 404)
    remaining = pods(running, namespace)
    assert len(remaining) == 2
    assert all(not pod["metadata"].get("ownerReferences") for pod in remaining.values())


def test_a_definition_that_is_deleted_takes_its_objects_along_and_is_served_no_longer(
    running: Api, namespace: str
) -> None:
    definition = {
        "metadata": {"name": "widgets.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    running.json("POST", definitions, {"kind": "CustomResourceDefinition", **definition})
    widgets = f"/apis/example.org/v1/namespaces/{namespace}/widgets"
    body = {
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "finalizers": ["example.org/hold"]},
    }
    assert running.json("POST", widgets, body)["metadata"]["uid"]
    running.settle()
    running.ask("DELETE", f"{definitions}/widgets.example.org")
    running.settle()
    assert running.json("GET", f"{widgets}/w")["metadata"]["deletionTimestamp"]
    assert running.ask("GET", f"{definitions}/widgets.example.org").status == 200
    running.ask(
        "PATCH",
        f"{widgets}/w",
        body=b'{"metadata":{"finalizers":null}}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    until(lambda: running.ask("GET", f"{definitions}/widgets.example.org").status == 404)
    assert running.ask("GET", widgets).status == 404


def test_a_namespace_that_is_deleted_takes_everything_along(running: Api, namespace: str) -> None:
    running.json("POST", f"{APPS}/{namespace}/deployments", workload("Deployment", "web"))
    running.json("POST", f"{BASE}/{namespace}/configmaps", {"metadata": {"name": "c"}, "data": {"a": "b"}})
    running.ask("DELETE", f"{BASE}/{namespace}")
    until(lambda: running.ask("GET", f"{BASE}/{namespace}").status == 404)
    assert running.json("GET", f"{BASE}/{namespace}/configmaps")["items"] == []


def test_a_service_knows_the_addresses_of_its_ready_pods(running: Api, namespace: str) -> None:
    running.json("POST", f"{APPS}/{namespace}/deployments", workload("Deployment", "web", replicas=2))
    service = {
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    running.json("POST", f"{BASE}/{namespace}/services", service)

    def addresses() -> bool:
        items = running.json("GET", f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices")[
            "items"
        ]
        endpoints = [
            endpoint["addresses"][0]
            for item in items
            for endpoint in item["endpoints"]
            if endpoint["conditions"]["ready"]
        ]
        expected = [
            pod["status"]["podIP"] for pod in pods(running, namespace).values() if "podIP" in pod["status"]
        ]
        return len(endpoints) == 2 and sorted(endpoints) == sorted(expected)

    until(addresses)


def test_a_watch_goes_on_where_it_was_and_tells_when_that_is_too_long_ago(
    running: Api, namespace: str
) -> None:
    maps = f"{BASE}/{namespace}/configmaps"
    running.settle()
    version = running.json("GET", maps)["metadata"]["resourceVersion"]
    running.json("POST", maps, {"metadata": {"name": "one"}})
    events: list[dict[str, Any]] = []

    def read(since: str) -> None:
        answer = running.pool.request(
            "GET",
            f"{running.cluster.address}{maps}?watch=1&timeoutSeconds=2&resourceVersion={since}",
            headers={"Authorization": f"Bearer {MASTER}"},
            preload_content=False,
        )
        events.extend(json.loads(line) for line in answer.read().splitlines())

    reader = threading.Thread(target=read, args=(version,))
    reader.start()
    time.sleep(0.2)
    running.json("POST", maps, {"metadata": {"name": "two"}})
    reader.join()
    assert [(event["type"], event["object"]["metadata"]["name"]) for event in events] == [
        ("ADDED", "one"),
        ("ADDED", "two"),
    ]
    running.loopback.run(_touch(running, namespace, times=5_100))
    events.clear()
    read(version)
    assert events[0]["type"] == "ERROR" and events[0]["object"]["code"] == 410


async def _touch(api: Api, namespace: str, *, times: int) -> None:
    kind = api.cluster.store.registry.named("ConfigMap")
    for number in range(times):

        def change(obj: dict[str, Any], value: str = str(number)) -> None:
            obj["data"] = {"n": value}

        api.cluster.store.mutate(kind, namespace, "one", change)
