"""Tables: what `kubectl get` shows, made by the server (columns of the kinds that clients of ours ask
for).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.kube.api.kinds import Kind

Object = dict[str, Any]
Column = tuple[str, str, int, Callable[[Object], Any]]  # name, type, priority, cell


def table(kind: Kind, items: list[Object], metadata: Object, *, include: str) -> Object:
    """A meta.k8s.io/v1 Table."""
    columns = _COLUMNS.get(kind.kind, _PLAIN)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [
            {
                "name": name,
                "type": type_,
                "format": "name" if name == "Name" else "",
                "description": name,
                "priority": priority,
            }
            for name, type_, priority, _ in columns
        ],
        "rows": [
            {"cells": [cell(item) for *_, cell in columns], "object": _object(item, include)}
            for item in items
        ],
    }


def _object(item: Object, include: str) -> Object | None:
    if include == "None":
        return None
    if include == "Object":
        return item
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _age(item: Object) -> str:
    made = datetime.strptime(item["metadata"]["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    seconds = int((datetime.now(UTC) - made).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def _statuses(pod: Object) -> list[Object]:
    return list(pod.get("status", {}).get("containerStatuses", []))


def _ready(pod: Object) -> str:
    return f"{sum(bool(status.get('ready')) for status in _statuses(pod))}/{len(pod['spec']['containers'])}"


def pod_status(pod: Object) -> str:
    """The word in the Status column."""
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for status in [*pod.get("status", {}).get("initContainerStatuses", []), *_statuses(pod)]:
        waiting = status.get("state", {}).get("waiting")
        if waiting and waiting.get("reason"):
            return str(waiting["reason"])
    return str(pod.get("status", {}).get("reason") or pod.get("status", {}).get("phase", "Unknown"))


def _restarts(pod: Object) -> str:
    return str(sum(int(status.get("restartCount", 0)) for status in _statuses(pod)))


def _node_status(node: Object) -> str:
    ready = next((c for c in node.get("status", {}).get("conditions", []) if c["type"] == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if node.get("spec", {}).get("unschedulable") else word


def _roles(node: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    found = [key.removeprefix(prefix) for key in node["metadata"].get("labels", {}) if key.startswith(prefix)]
    return ",".join(sorted(found)) or "<none>"


def _address(node: Object, kind: str) -> str:
    return next(
        (a["address"] for a in node.get("status", {}).get("addresses", []) if a["type"] == kind), "<none>"
    )


def _info(field: str) -> Callable[[Object], str]:
    return lambda node: str(node.get("status", {}).get("nodeInfo", {}).get(field, ""))


def _of(*path: str, default: Any = "<none>") -> Callable[[Object], Any]:
    def read(item: Object) -> Any:
        at: Any = item
        for step in path:
            at = at.get(step) if isinstance(at, dict) else None
        return default if at in (None, "") else at

    return read


_PLAIN: list[Column] = [("Name", "string", 0, _name), ("Age", "string", 0, _age)]
_COLUMNS: dict[str, list[Column]] = {
    "Pod": [
        ("Name", "string", 0, _name),
        ("Ready", "string", 0, _ready),
        ("Status", "string", 0, pod_status),
        ("Restarts", "string", 0, _restarts),
        ("Age", "string", 0, _age),
        ("IP", "string", 1, _of("status", "podIP")),
        ("Node", "string", 1, _of("spec", "nodeName")),
        ("Nominated Node", "string", 1, _of("status", "nominatedNodeName")),
        ("Readiness Gates", "string", 1, lambda _pod: "<none>"),
    ],
    "Node": [
        ("Name", "string", 0, _name),
        ("Status", "string", 0, _node_status),
        ("Roles", "string", 0, _roles),
        ("Age", "string", 0, _age),
        ("Version", "string", 0, _info("kubeletVersion")),
        ("Internal-IP", "string", 1, lambda node: _address(node, "InternalIP")),
        ("External-IP", "string", 1, lambda node: _address(node, "ExternalIP")),
        ("OS-Image", "string", 1, _info("osImage")),
        ("Kernel-Version", "string", 1, _info("kernelVersion")),
        ("Container-Runtime", "string", 1, _info("containerRuntimeVersion")),
    ],
    "Deployment": [
        ("Name", "string", 0, _name),
        (
            "Ready",
            "string",
            0,
            lambda d: f"{d.get('status', {}).get('readyReplicas', 0)}/{d['spec'].get('replicas', 1)}",
        ),
        ("Up-to-date", "integer", 0, _of("status", "updatedReplicas", default=0)),
        ("Available", "integer", 0, _of("status", "availableReplicas", default=0)),
        ("Age", "string", 0, _age),
    ],
    "DaemonSet": [
        ("Name", "string", 0, _name),
        ("Desired", "integer", 0, _of("status", "desiredNumberScheduled", default=0)),
        ("Current", "integer", 0, _of("status", "currentNumberScheduled", default=0)),
        ("Ready", "integer", 0, _of("status", "numberReady", default=0)),
        ("Up-to-date", "integer", 0, _of("status", "updatedNumberScheduled", default=0)),
        ("Available", "integer", 0, _of("status", "numberAvailable", default=0)),
        ("Age", "string", 0, _age),
    ],
}
