"""Tables: what `kubectl get` shows, with the columns of the kinds that the product asks for.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object, is_live, labels_of, parse_time, phase_of, status_of

Column = tuple[str, str, int, Callable[[Object], Any]]  # name, type, priority, cell


def table(kind: Kind, items: list[Object], metadata: Object, *, include: str) -> Object:
    """Return a meta.k8s.io/v1 Table; `include` is what its rows carry: None, Metadata or Object."""
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
    return partial_metadata(item)


def partial_metadata(item: Object) -> Object:
    """Return the metadata of an object alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _age(item: Object) -> str:
    age = datetime.now(UTC) - parse_time(item["metadata"]["creationTimestamp"])
    seconds = int(age.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def _statuses(pod: Object) -> list[Object]:
    return list(status_of(pod).get("containerStatuses", []))


def _ready(pod: Object) -> str:
    return f"{sum(bool(status.get('ready')) for status in _statuses(pod))}/{len(pod['spec']['containers'])}"


def pod_status(pod: Object) -> str:
    """Return the word in the Status column of a pod."""
    if not is_live(pod):
        return "Terminating"
    for status in [*status_of(pod).get("initContainerStatuses", []), *_statuses(pod)]:
        waiting = status.get("state", {}).get("waiting")
        if waiting and waiting.get("reason"):
            return str(waiting["reason"])
    return str(status_of(pod).get("reason") or phase_of(pod) or "Unknown")


def _ready_replicas(deployment: Object) -> str:
    return f"{status_of(deployment).get('readyReplicas', 0)}/{deployment['spec'].get('replicas', 1)}"


def _restarts(pod: Object) -> str:
    return str(sum(int(status.get("restartCount", 0)) for status in _statuses(pod)))


def _node_status(node: Object) -> str:
    ready = next((c for c in status_of(node).get("conditions", []) if c["type"] == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if node.get("spec", {}).get("unschedulable") else word


def _roles(node: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = [key.removeprefix(prefix) for key in labels_of(node) if key.startswith(prefix)]
    return ",".join(sorted(roles)) or "<none>"


def _address(node: Object, kind: str) -> str:
    addresses = status_of(node).get("addresses", [])
    return next((address["address"] for address in addresses if address["type"] == kind), "<none>")


def _info(field: str) -> Callable[[Object], str]:
    return lambda node: str(status_of(node).get("nodeInfo", {}).get(field, ""))


def _field(*path: str, default: Any = "<none>") -> Callable[[Object], Any]:
    def read(item: Object) -> Any:
        value: Any = item
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return default if value in (None, "") else value

    return read


_PLAIN: list[Column] = [("Name", "string", 0, _name), ("Age", "string", 0, _age)]
_COLUMNS: dict[str, list[Column]] = {
    "Pod": [
        ("Name", "string", 0, _name),
        ("Ready", "string", 0, _ready),
        ("Status", "string", 0, pod_status),
        ("Restarts", "string", 0, _restarts),
        ("Age", "string", 0, _age),
        ("IP", "string", 1, _field("status", "podIP")),
        ("Node", "string", 1, _field("spec", "nodeName")),
        ("Nominated Node", "string", 1, _field("status", "nominatedNodeName")),
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
        ("Ready", "string", 0, _ready_replicas),
        ("Up-to-date", "integer", 0, _field("status", "updatedReplicas", default=0)),
        ("Available", "integer", 0, _field("status", "availableReplicas", default=0)),
        ("Age", "string", 0, _age),
    ],
    "DaemonSet": [
        ("Name", "string", 0, _name),
        ("Desired", "integer", 0, _field("status", "desiredNumberScheduled", default=0)),
        ("Current", "integer", 0, _field("status", "currentNumberScheduled", default=0)),
        ("Ready", "integer", 0, _field("status", "numberReady", default=0)),
        ("Up-to-date", "integer", 0, _field("status", "updatedNumberScheduled", default=0)),
        ("Available", "integer", 0, _field("status", "numberAvailable", default=0)),
        ("Age", "string", 0, _age),
    ],
}
