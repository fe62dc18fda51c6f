"""The sandbox's Kubernetes API answers recorded exchanges as a real kube-apiserver did.

Status, content type, warnings, the sentence and reason of every Status, and the fields that a client
reads are equal; names, uids, times and versions differ. What is not served yet is listed with the reason.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
import urllib3

from tests.contract.kubernetes.conftest import MASTER, NOBODY, Api

RECORDINGS = pathlib.Path(__file__).parents[2] / "recordings" / "kubernetes"
# in the order in which they can be replayed: later ones need what earlier ones made
ORDER = [
    "anonymous-forbidden",
    "unauthorized",
    "forbidden",
    "version",
    "api",
    "apis",
    "api-v1-resources",
    "networking-v1-resources",
    "discovery-aggregated",
    "unknown-kind",
    "namespace-create",
    "namespace-create-again",
    "namespace-name-invalid",
    "forbidden-exec",
    "networkpolicy-apply-dry-run",
    "networkpolicy-get-after-dry-run",
    "networkpolicy-no-field-manager",
    "networkpolicy-unknown-field-strict",
    "networkpolicy-unknown-field-warn",
    "networkpolicy-invalid",
    "networkpolicy-apply-create",
    "networkpolicy-apply-same",
    "networkpolicy-get",
    "networkpolicy-list",
    "networkpolicy-apply-conflict",
    "networkpolicy-apply-force",
    "networkpolicy-put-stale",
    "networkpolicy-delete-precondition",
    "networkpolicy-delete",
    "networkpolicy-delete-again",
    "pod-create",
    "pod-get",
    "pod-get-missing",
    "pod-log-unscheduled",
    "pods-list",
    "pods-list-field-selector",
    "pods-list-page-1",
    "pods-list-page-2",
    "pods-list-bad-continue",
    "pods-list-bad-selector",
    "pods-list-resource-version-0",
    "pods-metadata-only",
    "pods-table",
    "pods-table-no-object",
    "nodes-table",
    "watch-pods",
    "self-subject-access-review",
    "service-create",
    "service-create-with-taken-cluster-ip",
    "deployment-create",
    "deployment-scale-get",
    "deployment-scale-patch",
    "job-selector-copied",
    "create-with-resource-version",
    "crd-apply",
    "crd-get-established",
    "custom-object-apply",
    "node-create",
    "node-status-patch",
    "pod-eviction",
    "namespace-delete",
    "create-in-terminating-namespace",
]
NOT_SERVED: dict[str, str] = {}
NOBODYS = {"forbidden", "forbidden-exec"}


def recording(name: str) -> dict[str, Any]:
    return dict(json.loads((RECORDINGS / f"{name}.json").read_text()))


def test_every_recording_is_replayed_or_has_a_reason() -> None:
    assert {path.stem for path in RECORDINGS.glob("*.json")} == set(ORDER) | set(NOT_SERVED)


def prepare(api: Api, name: str) -> str:
    """State that the recorded server had; returns what to put for a recorded continue token."""
    pods = "/api/v1/namespaces/bazaar/pods"
    if name == "pod-create":
        for number in range(5):
            labels = {"app": "web", "i": str(number)}
            body = {
                "metadata": {"name": f"web-{number}", "labels": labels},
                "spec": {
                    "nodeName": "node-1" if number == 4 else "",
                    "containers": [{"name": "c", "image": "nginx"}],
                },
            }
            if number != 4:
                body["spec"]["nodeSelector"] = {"never": "there"}  # type: ignore[index]
                del body["spec"]["nodeName"]  # type: ignore[attr-defined]
            if f"web-{number}" != recording(name)["request"]["body"]["metadata"]["name"]:
                api.json("POST", pods, body)
    if name == "pods-list-page-2":
        return str(api.json("GET", f"{pods}?limit=2")["metadata"]["continue"])
    return ""


def masked(value: Any) -> Any:
    """Ids and versions inside of sentences, where they differ from server to server."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", json.dumps(value))
    return json.loads(re.sub(r"in record \(\d+\)", "in record (N)", text))


def shape(recorded: Any, answered: Any, at: str = "") -> list[str]:
    """What a client would miss or read differently; empty if nothing."""
    if isinstance(recorded, dict):
        if not isinstance(answered, dict):
            return [f"{at}: not an object"]
        return [
            line
            for key, value in recorded.items()
            if key not in VARIES
            for line in _key(value, answered, key, at)
        ]
    if isinstance(recorded, bool) or (isinstance(recorded, str) and at.rpartition(".")[2] in EXACT):
        return [] if recorded == answered else [f"{at}: {answered!r} instead of {recorded!r}"]
    return [] if answered is not None or recorded is None else [f"{at}: missing"]


def _key(value: Any, answered: dict[str, Any], key: str, at: str) -> list[str]:
    if key not in answered:
        return [f"{at}.{key}: missing"] if value not in (None, "", [], {}) else []
    return shape(value, answered[key], f"{at}.{key}")


# what differs from server to server, or is filled in by controllers that the recorded server had not
VARIES = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "items",
    "rows",
    "groups",
    "resources",
    "continue",
    "serverAddressByClientCIDRs",
    "remainingItemCount",
    "columnDefinitions",
    "schema",
    "resourceClaimStatuses",
    "volumes",
    "volumeMounts",
    "tolerations",
    "serviceAccount",
    "serviceAccountName",
    "preemptionPolicy",
    "priority",
    "progressDeadlineSeconds",
    "enableServiceLinks",
    "internalTrafficPolicy",
    "conditions",
    "status",
    "conversion",
    "ipFamilies",
    "clusterIP",
    "clusterIPs",
    "addresses",
    "capacity",
    "allocatable",
    "nodeInfo",
    "daemonEndpoints",
    "gitVersion",
    "gitCommit",
    "buildDate",
    "goVersion",
    "minor",
    "emulationMajor",
    "emulationMinor",
    "minCompatibilityMajor",
    "minCompatibilityMinor",
    "deletionTimestamp",
    "storageVersionHash",
}
EXACT = {"kind", "apiVersion", "message", "reason", "name", "namespace", "phase", "type"}


def replay(api: Api, name: str) -> tuple[urllib3.BaseHTTPResponse, dict[str, Any]]:
    """Send a recorded request; return the answer and what the real server told."""
    token = prepare(api, name)
    exchange = recording(name)
    request, response = exchange["request"], exchange["response"]
    path = (
        request["path"].split("continue=")[0] + (f"continue={token}" if token else "")
        if token
        else request["path"]
    )
    body = json.dumps(request["body"]).encode() if request["body"] is not None else None
    if name == "service-create-with-taken-cluster-ip" and body is not None:
        address = api.json("GET", "/api/v1/namespaces/bazaar/services/web")["spec"]["clusterIP"]
        body = body.replace(b"10.96.149.50", address.encode())
        response = json.loads(json.dumps(response).replace("10.96.149.50", address))
    credential = None if not request.get("authenticated", True) else NOBODY if name in NOBODYS else MASTER
    if name == "unauthorized":
        credential = "wrong"
    headers = {**({"Content-Type": "application/json"} if body else {}), **request["headers"]}
    return api.ask(
        request["method"], path.replace(" ", "%20"), body=body, headers=headers, token=credential
    ), response


@pytest.mark.parametrize("name", ORDER)
def test_an_exchange_is_answered_as_it_was_recorded(api: Api, name: str) -> None:
    for earlier in ORDER[api.replayed : ORDER.index(name)]:  # chosen alone, a test needs what the others made
        replay(api, earlier)
    answer, response = replay(api, name)
    api.replayed = ORDER.index(name) + 1
    assert answer.status == response["status"], answer.data[:500]
    if response["headers"].get("Content-Type"):
        assert answer.headers["Content-Type"] == response["headers"]["Content-Type"]
    if "Warning" in response["headers"]:
        assert answer.headers["Warning"] == response["headers"]["Warning"]
    if not isinstance(response["body"], dict):
        return
    answered = masked(answer.json())
    response = masked(response)
    assert shape(response["body"], answered) == []
    if response["body"].get("kind") == "Status" and "details" in response["body"]:
        recorded = {key: value for key, value in response["body"]["details"].items() if key != "uid"}
        assert {key: value for key, value in answered["details"].items() if key != "uid"} == recorded


def test_managed_fields_after_an_apply_are_the_recorded_ones(api: Api) -> None:
    """The recorded sequence again, in a namespace of its own: create, conflict, force."""
    api.json("POST", "/api/v1/namespaces", {"metadata": {"name": "fields"}})
    base = "/apis/networking.k8s.io/v1/namespaces/fields/networkpolicies/default-deny"
    for name in ("networkpolicy-apply-create", "networkpolicy-apply-force"):
        exchange = recording(name)
        body = {**exchange["request"]["body"], "metadata": {"name": "default-deny", "namespace": "fields"}}
        query = exchange["request"]["path"].partition("?")[2]
        headers = {"Content-Type": "application/apply-patch+yaml"}
        applied = api.json("PATCH", f"{base}?{query}", body, headers=headers)
        recorded = [
            (f["manager"], f["operation"], f["fieldsV1"])
            for f in exchange["response"]["body"]["metadata"]["managedFields"]
        ]
        assert [
            (f["manager"], f["operation"], f["fieldsV1"]) for f in applied["metadata"]["managedFields"]
        ] == recorded
