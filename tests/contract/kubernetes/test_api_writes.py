"""What a write goes through: patches, dry runs, what may not change, allocation, admission, eviction."""

from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3

from tests.contract.kubernetes.conftest import Api
from tests.contract.kubernetes.test_controllers import (
    APPS,
    BASE,
    BATCH,
    CONTAINER,
    namespace,
    pods,
    until,
    workload,
)

__all__ = ["namespace"]
TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


def patch(api: Api, at: str, body: Any, kind: str = "merge") -> urllib3.BaseHTTPResponse:
    return api.ask("PATCH", at, body=json.dumps(body).encode(), headers={"Content-Type": TYPES[kind]})


def post(api: Api, at: str, body: Any) -> urllib3.BaseHTTPResponse:
    return api.ask("POST", at, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def message(answer: urllib3.BaseHTTPResponse) -> str:
    return str(answer.json()["message"])


# --- patches and dry runs


def test_a_strategic_patch_merges_containers_by_name_and_can_delete_one(running: Api, namespace: str) -> None:
    body = workload("Deployment", "web", replicas=0)
    body["spec"]["template"]["spec"]["containers"] = [CONTAINER, {**CONTAINER, "name": "side"}]
    at = f"{APPS}/{namespace}/deployments/web"
    post(running, f"{APPS}/{namespace}/deployments", body)
    spec = {
        "template": {
            "spec": {"containers": [{"name": "c", "image": "b:2"}, {"name": "side", "$patch": "delete"}]}
        }
    }
    containers = patch(running, at, {"spec": spec}, "strategic").json()["spec"]["template"]["spec"][
        "containers"
    ]
    assert [(container["name"], container["image"]) for container in containers] == [("c", "b:2")]
    assert containers[0]["imagePullPolicy"] == "IfNotPresent"


def test_a_json_patch_whose_test_fails_changes_nothing(running: Api, namespace: str) -> None:
    post(running, f"{BASE}/{namespace}/configmaps", {"metadata": {"name": "c"}, "data": {"a": "b"}})
    at = f"{BASE}/{namespace}/configmaps/c"
    operations = [
        {"op": "test", "path": "/data/a", "value": "x"},
        {"op": "replace", "path": "/data/a", "value": "y"},
    ]
    assert patch(running, at, operations, "json").status == 422
    assert running.json("GET", at)["data"] == {"a": "b"}


def test_a_custom_object_takes_no_strategic_patch(running: Api) -> None:
    at = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.org"
    post(running, at.rpartition("/")[0], definition("gadgets"))
    post(
        running,
        "/apis/example.org/v1/gadgets",
        {"apiVersion": "example.org/v1", "kind": "Gadgets", "metadata": {"name": "g"}},
    )
    assert patch(running, "/apis/example.org/v1/gadgets/g", {"spec": {}}, "strategic").status == 415


def definition(plural: str, *versions: str) -> dict[str, Any]:
    listed = [
        {
            "name": name,
            "served": True,
            "storage": number == 0,
            "schema": {"openAPIV3Schema": {"type": "object"}},
        }
        for number, name in enumerate(versions or ("v1",))
    ]
    names = {"plural": plural, "kind": plural.title()}
    spec = {"group": "example.org", "scope": "Cluster", "names": names, "versions": listed}
    return {"kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.example.org"}, "spec": spec}


@pytest.mark.parametrize("way", ["POST", "apply"])
def test_a_definition_is_established_however_it_was_written(running: Api, way: str) -> None:
    at = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    name = f"{way.lower()}s"
    body = {"apiVersion": "apiextensions.k8s.io/v1", **definition(name)}
    if way == "POST":
        post(running, at, body)
    else:
        patch(running, f"{at}/{name}.example.org?fieldManager=me", body, "apply")
    status = running.json("GET", f"{at}/{name}.example.org")["status"]
    assert {c["type"] for c in status["conditions"] if c["status"] == "True"} == {
        "Established",
        "NamesAccepted",
    }


def test_versions_of_a_definition_show_the_same_objects(running: Api) -> None:
    post(
        running,
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        definition("parts", "v1", "v1beta1"),
    )
    body = {"apiVersion": "example.org/v1beta1", "kind": "Parts", "metadata": {"name": "p"}, "spec": {"n": 1}}
    created = post(running, "/apis/example.org/v1beta1/parts", body).json()
    assert created["apiVersion"] == "example.org/v1beta1"
    stored = running.json("GET", "/apis/example.org/v1/parts/p")
    assert (stored["apiVersion"], stored["metadata"]["uid"]) == ("example.org/v1", created["metadata"]["uid"])


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE", "apply"])
def test_a_dry_run_answers_and_changes_nothing(running: Api, namespace: str, verb: str) -> None:
    at = f"{BASE}/{namespace}/configmaps"
    post(running, at, {"metadata": {"name": "c"}, "data": {"a": "b"}})
    running.settle()
    before = running.json("GET", at)["metadata"]["resourceVersion"]
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "new" if verb == "POST" else "c"},
        "data": {"a": "z"},
    }
    path = at if verb == "POST" else f"{at}/c"
    content = TYPES["apply"] if verb == "apply" else TYPES["merge"] if verb == "PATCH" else "application/json"
    query = "&fieldManager=me&force=true" if verb == "apply" else ""
    method = "PATCH" if verb == "apply" else verb
    payload = None if verb == "DELETE" else json.dumps(body).encode()
    answer = running.ask(method, f"{path}?dryRun=All{query}", body=payload, headers={"Content-Type": content})
    assert answer.status in (200, 201)
    assert running.json("GET", at)["metadata"]["resourceVersion"] == before
    assert running.json("GET", f"{at}/c")["data"] == {"a": "b"}


def test_a_collection_is_deleted_by_its_selector(running: Api, namespace: str) -> None:
    at = f"{BASE}/{namespace}/configmaps"
    for name, team in (("a", "x"), ("b", "x"), ("c", "y")):
        post(running, at, {"metadata": {"name": name, "labels": {"team": team}}})
    running.ask("DELETE", f"{at}?labelSelector=team%3Dx")
    remaining = {item["metadata"]["name"] for item in running.json("GET", at)["items"]}
    assert remaining == {"c", "kube-root-ca.crt"}


def test_the_status_that_a_client_creates_is_dropped(running: Api, namespace: str) -> None:
    body = {**workload("Deployment", "web", replicas=0), "status": {"readyReplicas": 7}}
    assert "readyReplicas" not in post(running, f"{APPS}/{namespace}/deployments", body).json().get(
        "status", {}
    )


# --- what may not change


def claim() -> dict[str, Any]:
    return {
        "metadata": {"name": "d"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


FIXED: dict[str, tuple[str, Any, Any, str]] = {
    "selector": (
        f"{APPS}/N/deployments",
        workload("Deployment", "d", replicas=0),
        {"spec": {"selector": {"matchLabels": {"app": "x"}}}},
        "field is immutable",
    ),
    "stateful": (
        f"{APPS}/N/statefulsets",
        workload("StatefulSet", "d", replicas=0, serviceName="a"),
        {"spec": {"serviceName": "b"}},
        "updates to statefulset spec",
    ),
    "secret": (
        f"{BASE}/N/secrets",
        {"metadata": {"name": "d"}, "type": "Opaque"},
        {"type": "kubernetes.io/tls"},
        "field is immutable",
    ),
    "sealed": (
        f"{BASE}/N/configmaps",
        {"metadata": {"name": "d"}, "immutable": True, "data": {"a": "b"}},
        {"data": {"a": "c"}},
        "when `immutable` is set",
    ),
    "claim": (
        f"{BASE}/N/persistentvolumeclaims",
        claim(),
        {"spec": {"accessModes": ["ReadWriteMany"]}},
        "spec is immutable after creation",
    ),
    "role": (
        "/apis/rbac.authorization.k8s.io/v1/namespaces/N/rolebindings",
        {
            "metadata": {"name": "d"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
        },
        {"roleRef": {"name": "b"}},
        "field is immutable",
    ),
    "address": (
        f"{BASE}/N/services",
        {"metadata": {"name": "d"}, "spec": {"ports": [{"port": 80}]}},
        {"spec": {"clusterIP": "10.254.9.9"}},
        "may not change once set",
    ),
}


@pytest.mark.parametrize("field", FIXED)
def test_what_may_not_change_is_refused(running: Api, namespace: str, field: str) -> None:
    at, body, change, why = FIXED[field]
    at = at.replace("/N/", f"/{namespace}/")
    assert post(running, at, body).status == 201
    answer = patch(running, f"{at}/d", change)
    assert answer.status == 422 and why in message(answer)


# --- allocation


def test_what_the_server_allocates_belongs_to_no_manager(running: Api, namespace: str) -> None:
    body = {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    service = post(running, f"{BASE}/{namespace}/services", body).json()
    assert service["spec"]["ports"][0]["nodePort"] >= 30_000 and service["spec"]["clusterIP"]
    fields = json.dumps(service["metadata"]["managedFields"])
    assert "f:nodePort" not in fields and "f:clusterIP" not in fields
    spec = {
        "metadata": {"name": "t"},
        "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31_999}]},
    }
    assert "f:nodePort" in json.dumps(
        post(running, f"{BASE}/{namespace}/services", spec).json()["metadata"]["managedFields"]
    )


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"clusterIP": "10.96.0.7", "ports": [{"port": 80}]}, "does not match the current range"),
        ({"clusterIP": "10.254.0.10", "ports": [{"port": 80}]}, "provided IP is already allocated"),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]},
            "provided port is not in the valid range",
        ),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(running: Api, namespace: str, spec: Any, why: str) -> None:
    answer = post(running, f"{BASE}/{namespace}/services", {"metadata": {"name": "s"}, "spec": spec})
    assert answer.status == 422 and why in message(answer)


def test_a_node_port_is_taken_once_and_kept_over_updates(running: Api, namespace: str) -> None:
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31_234}]}
    post(running, f"{BASE}/{namespace}/services", {"metadata": {"name": "a"}, "spec": spec})
    answer = post(running, f"{BASE}/{namespace}/services", {"metadata": {"name": "b"}, "spec": spec})
    assert answer.status == 422 and "provided port is already allocated" in message(answer)
    at = f"{BASE}/{namespace}/services/a"
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    }
    changed = running.json("PUT", at, body)
    assert changed["spec"]["ports"][0]["nodePort"] == 31_234
    running.ask("DELETE", at)


# --- admission


def test_a_pod_without_its_service_account_is_not_made_and_its_deployment_says_so(
    running: Api, namespace: str
) -> None:
    body = workload("Deployment", "web")
    body["spec"]["template"]["spec"]["serviceAccountName"] = "late"
    post(running, f"{APPS}/{namespace}/deployments", body)
    at = f"{APPS}/{namespace}/deployments/web"

    def failed() -> Any:
        conditions = running.json("GET", at)["status"].get("conditions") or []
        return next((c for c in conditions if c["type"] == "ReplicaFailure"), None)

    assert 'serviceaccount "late" not found' in until(failed)["message"]
    post(running, f"{BASE}/{namespace}/serviceaccounts", {"metadata": {"name": "late"}})
    until(lambda: running.json("GET", at)["status"].get("readyReplicas") == 1)
    assert failed() is None


def test_a_pod_gets_its_accounts_token_and_the_limits_of_its_namespace(running: Api, namespace: str) -> None:
    limit = {
        "type": "Container",
        "default": {"cpu": "200m"},
        "defaultRequest": {"cpu": "50m"},
        "max": {"cpu": "1"},
    }
    post(running, f"{BASE}/{namespace}/limitranges", {"metadata": {"name": "l"}, "spec": {"limits": [limit]}})
    running.settle()
    response = post(
        running, f"{BASE}/{namespace}/pods", {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}}
    ).json()
    [container] = response["spec"]["containers"]
    assert container["resources"] == {"limits": {"cpu": "200m"}, "requests": {"cpu": "50m"}}
    assert response["spec"]["serviceAccountName"] == "default"
    assert response["spec"]["volumes"][0]["name"].startswith("kube-api-access-")
    greedy = {**CONTAINER, "resources": {"limits": {"cpu": "2"}}}
    answer = post(
        running, f"{BASE}/{namespace}/pods", {"metadata": {"name": "q"}, "spec": {"containers": [greedy]}}
    )
    assert answer.status == 403 and "maximum cpu usage per Container is 1, but limit is 2" in message(answer)


def test_a_quota_counts_and_refuses_one_more(running: Api, namespace: str) -> None:
    hard = {"pods": "1", "count/configmaps": "2", "services.loadbalancers": "0", "requests.cpu": "1"}
    post(running, f"{BASE}/{namespace}/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    running.settle()
    answer = post(
        running, f"{BASE}/{namespace}/pods", {"metadata": {"name": "a"}, "spec": {"containers": [CONTAINER]}}
    )
    assert answer.status == 403 and "failed quota: q: must specify requests.cpu for: c" in message(answer)
    asking = {**CONTAINER, "resources": {"requests": {"cpu": "100m"}}}
    assert (
        post(
            running, f"{BASE}/{namespace}/pods", {"metadata": {"name": "a"}, "spec": {"containers": [asking]}}
        ).status
        == 201
    )
    answer = post(
        running, f"{BASE}/{namespace}/pods", {"metadata": {"name": "b"}, "spec": {"containers": [asking]}}
    )
    assert (
        message(answer)
        == 'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    )
    until(
        lambda: (
            running.json("GET", f"{BASE}/{namespace}/resourcequotas/q")["status"]["used"].get("requests.cpu")
            == "100m"
        )
    )


def webhook(name: str, namespace: str, **more: Any) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
    hook = {
        "name": f"{name}.example.org",
        "rules": [rule],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "clientConfig": {"service": {"namespace": namespace, "name": "hook"}},
        **more,
    }
    return {"metadata": {"name": name}, "webhooks": [hook]}


def test_a_webhook_without_a_backend_fails_what_it_would_see_unless_it_is_told_not_to(
    running: Api, namespace: str
) -> None:
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    post(running, hooks, webhook(namespace, namespace))
    body = {"metadata": {"name": "c"}}
    answer = post(running, f"{BASE}/{namespace}/configmaps", body)
    assert answer.status == 500 and 'service "hook" not found' in message(answer)
    service = {"metadata": {"name": "hook"}, "spec": {"selector": {"app": "hook"}, "ports": [{"port": 443}]}}
    post(running, f"{BASE}/{namespace}/services", service)
    assert "no endpoints available" in message(post(running, f"{BASE}/{namespace}/configmaps", body))
    assert post(running, f"{BASE}/{namespace}/secrets", body).status == 201
    post(
        running,
        f"{BASE}/{namespace}/pods",
        {"metadata": {"name": "h", "labels": {"app": "hook"}}, "spec": {"containers": [CONTAINER]}},
    )
    until(lambda: post(running, f"{BASE}/{namespace}/configmaps", body).status == 201)
    running.ask("DELETE", f"{BASE}/{namespace}/pods/h")
    patch(running, f"{hooks}/{namespace}", webhook(namespace, namespace, failurePolicy="Ignore"))
    until(lambda: pods(running, namespace) == {})
    assert post(running, f"{BASE}/{namespace}/configmaps", {"metadata": {"name": "d"}}).status == 201


def test_a_token_secret_is_filled_for_its_account_and_a_copied_one_is_deleted(
    running: Api, namespace: str
) -> None:
    post(running, f"{BASE}/{namespace}/serviceaccounts", {"metadata": {"name": "ci"}})
    kind = {"type": "kubernetes.io/service-account-token"}
    marks = {"kubernetes.io/service-account.name": "ci"}
    at = f"{BASE}/{namespace}/secrets"
    post(running, at, {"metadata": {"name": "ci", "annotations": marks}, **kind})
    until(lambda: running.json("GET", f"{at}/ci").get("data", {}).get("token"))
    copied = {**marks, "kubernetes.io/service-account.uid": "another"}
    assert post(running, at, {"metadata": {"name": "old", "annotations": copied}, **kind}).status == 201
    until(lambda: running.ask("GET", f"{at}/old").status == 404)


# --- budgets, autoscalers, batch


def test_an_eviction_that_a_budget_forbids_is_answered_429(running: Api, namespace: str) -> None:
    post(running, f"{APPS}/{namespace}/deployments", workload("Deployment", "web", replicas=1))
    until(
        lambda: running.json("GET", f"{APPS}/{namespace}/deployments/web")["status"].get("readyReplicas") == 1
    )
    budgets = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    post(
        running,
        budgets,
        {"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}},
    )
    until(lambda: running.json("GET", f"{budgets}/b")["status"].get("currentHealthy") == 1)
    [name] = pods(running, namespace)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    answer = post(running, f"{BASE}/{namespace}/pods/{name}/eviction", eviction)
    assert answer.status == 429
    assert answer.json()["details"]["causes"][0]["reason"] == "DisruptionBudget"
    patch(running, budgets + "/b", {"spec": {"minAvailable": 0}})
    until(lambda: running.json("GET", f"{budgets}/b")["status"].get("disruptionsAllowed") == 1)
    assert post(running, f"{BASE}/{namespace}/pods/{name}/eviction", eviction).status == 201


def test_an_autoscaler_keeps_its_least_and_leaves_what_is_scaled_to_zero(
    running: Api, namespace: str
) -> None:
    post(running, f"{APPS}/{namespace}/deployments", workload("Deployment", "web", replicas=1))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scalers = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"
    post(
        running,
        scalers,
        {"metadata": {"name": "h"}, "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3}},
    )
    at = f"{APPS}/{namespace}/deployments/web"
    until(lambda: running.json("GET", at)["spec"]["replicas"] == 2)
    patch(running, f"{at}/scale", {"spec": {"replicas": 0}})
    until(lambda: running.json("GET", at)["status"].get("replicas") == 0)
    running.settle()
    assert running.json("GET", at)["spec"]["replicas"] == 0
    conditions = {c["type"]: c for c in running.json("GET", f"{scalers}/h")["status"]["conditions"]}
    assert conditions["ScalingActive"]["reason"] == "ScalingDisabled"


def test_a_cordoned_node_takes_no_new_pods(running: Api, namespace: str) -> None:
    nodes = [node["metadata"]["name"] for node in running.json("GET", "/api/v1/nodes")["items"]]
    patch(running, f"/api/v1/nodes/{nodes[0]}", {"spec": {"unschedulable": True}})
    running.settle()
    post(running, f"{APPS}/{namespace}/deployments", workload("Deployment", "web", replicas=4))
    until(
        lambda: running.json("GET", f"{APPS}/{namespace}/deployments/web")["status"].get("readyReplicas") == 4
    )
    assert {pod["spec"]["nodeName"] for pod in pods(running, namespace).values()} == {nodes[1]}
    patch(running, f"/api/v1/nodes/{nodes[0]}", {"spec": {"unschedulable": None}})


def test_a_rollout_replaces_pods_and_keeps_the_old_ones_until_the_new_are_ready(
    running: Api, namespace: str
) -> None:
    at = f"{APPS}/{namespace}/deployments"
    post(running, at, workload("Deployment", "web", replicas=2))
    until(lambda: running.json("GET", f"{at}/web")["status"].get("readyReplicas") == 2)
    patch(
        running,
        f"{at}/web",
        {"spec": {"template": {"spec": {"containers": [{**CONTAINER, "image": "b:2"}]}}}},
    )

    def done() -> bool:
        images = [pod["spec"]["containers"][0]["image"] for pod in pods(running, namespace).values()]
        status = running.json("GET", f"{at}/web")["status"]
        return images == ["b:2", "b:2"] and status.get("updatedReplicas") == 2 == status.get("replicas")

    until(done)


def test_a_suspended_job_has_no_pods_and_a_log_says_how_one_ended(running: Api, namespace: str) -> None:
    container = {**CONTAINER, "command": ["sh", "-c", "echo done && false || exit 0"]}
    spec = {"suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    at = f"{BATCH}/{namespace}/jobs"
    post(running, at, {"metadata": {"name": "j"}, "spec": spec})
    running.settle()
    assert pods(running, namespace) == {}
    patch(running, f"{at}/j", {"spec": {"suspend": False}})
    until(lambda: (running.json("GET", f"{at}/j").get("status") or {}).get("succeeded") == 1)
    [name] = pods(running, namespace)
    log = running.ask("GET", f"{BASE}/{namespace}/pods/{name}/log").data.decode()
    assert "starting registry.local/app:1.0" in log and "exit code 0" in log


def test_an_apply_can_be_for_a_certain_object_or_version(running: Api, namespace: str) -> None:
    at = f"{BASE}/{namespace}/configmaps/c"
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"a": "b"},
    }

    def apply(**metadata: str) -> urllib3.BaseHTTPResponse:
        return patch(
            running,
            f"{at}?fieldManager=me&force=true",
            {**body, "metadata": {"name": "c", **metadata}},
            "apply",
        )

    assert "no existing object was found" in message(apply(uid="11111111-2222-3333-4444-555555555555"))
    assert apply(resourceVersion="7").status == 500  # not on objects to be created
    applied = apply().json()["metadata"]
    assert apply(uid="11111111-2222-3333-4444-555555555555").status == 409
    assert apply(resourceVersion="7").status == 409
    assert apply(uid=applied["uid"], resourceVersion=applied["resourceVersion"]).status == 200


def test_a_pod_that_no_node_has_room_for_waits_and_says_why(running: Api, namespace: str) -> None:
    greedy = {**CONTAINER, "resources": {"requests": {"cpu": "64"}}}
    post(running, f"{BASE}/{namespace}/pods", {"metadata": {"name": "p"}, "spec": {"containers": [greedy]}})

    def condition() -> Any:
        conditions = pods(running, namespace)["p"]["status"].get("conditions") or []
        return next((c for c in conditions if c["type"] == "PodScheduled"), None)

    result = until(condition)
    assert result["reason"] == "Unschedulable" and "2 Insufficient cpu" in result["message"]
    running.ask("DELETE", f"{BASE}/{namespace}/pods/p")


def test_endpoints_follow_named_ports_and_hand_made_ones_are_mirrored(running: Api, namespace: str) -> None:
    container = {**CONTAINER, "ports": [{"name": "http", "containerPort": 8081}]}
    pod = {"metadata": {"name": "p", "labels": {"app": "p"}}, "spec": {"containers": [container]}}
    post(running, f"{BASE}/{namespace}/pods", pod)
    spec = {"selector": {"app": "p"}, "ports": [{"port": 80, "targetPort": "http"}]}
    post(running, f"{BASE}/{namespace}/services", {"metadata": {"name": "named"}, "spec": spec})
    post(
        running,
        f"{BASE}/{namespace}/services",
        {"metadata": {"name": "hand"}, "spec": {"ports": [{"port": 3270}]}},
    )
    subsets = [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"port": 3270}]}]
    post(running, f"{BASE}/{namespace}/endpoints", {"metadata": {"name": "hand"}, "subsets": subsets})
    at = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"

    def slices_when_ready() -> Any:
        items = {
            i["metadata"]["labels"]["kubernetes.io/service-name"]: i for i in running.json("GET", at)["items"]
        }
        ready = "hand" in items and items.get("named", {}).get("endpoints")
        return items if ready else None

    items = until(slices_when_ready)
    assert items["named"]["ports"][0]["port"] == 8081
    assert items["hand"]["endpoints"][0]["addresses"] == ["192.0.2.7"]
    manager = items["hand"]["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"]
    assert manager == "endpointslicemirroring-controller.k8s.io"
    until(lambda: running.json("GET", f"{BASE}/{namespace}/endpoints/named").get("subsets"))
