"""What an update may not change: selectors, claims, roles' references, the disks of volumes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.kube.api.errors import invalid
from sandbox.kube.api.kinds import Kind

Object = dict[str, Any]
Cause = tuple[str, str, str]
IMMUTABLE = "field is immutable"
STATEFUL = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "revisionHistoryLimit",
}


def check(kind: Kind, made: Object, live: Object) -> None:
    """Refuse what may not change. Raises `ApiError` 422."""
    rule = _RULES.get(kind.kind)
    causes = rule(made, live) if rule else []
    if causes:
        raise invalid(kind, live["metadata"]["name"], causes)


def _fixed(*path: str) -> Callable[[Object, Object], list[Cause]]:
    def rule(made: Object, live: Object) -> list[Cause]:
        now: Any = made
        then: Any = live
        for step in path:
            now, then = (now or {}).get(step), (then or {}).get(step)
        if now == then:
            return []
        shown = json.dumps(now, separators=(",", ":"))
        return [("FieldValueInvalid", ".".join(path), f"Invalid value: {shown}: {IMMUTABLE}")]

    return rule


def _all(*rules: Callable[[Object, Object], list[Cause]]) -> Callable[[Object, Object], list[Cause]]:
    return lambda made, live: [cause for rule in rules for cause in rule(made, live)]


def _stateful(made: Object, live: Object) -> list[Cause]:
    now, then = ({k: v for k, v in obj["spec"].items() if k not in STATEFUL} for obj in (made, live))
    if now == then:
        return []
    why = (
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
        " 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    )
    return [("FieldValueForbidden", "spec", why)]


def _claim(made: Object, live: Object) -> list[Cause]:
    now, then = dict(made["spec"]), dict(live["spec"])
    for obj in (now, then):
        obj.pop("resources", None)
    if not then.get("volumeName"):
        now.pop("volumeName", None)
        now.pop("storageClassName", None) if not then.get("storageClassName") else None
    if now == then:
        return []
    why = (
        "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName"
        " for bound claims"
    )
    return [("FieldValueForbidden", "spec", why)]


def _volume(made: Object, live: Object) -> list[Cause]:
    sources = ("csi", "cinder", "hostPath", "nfs", "local")
    if {k: made["spec"].get(k) for k in sources} == {k: live["spec"].get(k) for k in sources}:
        return []
    why = "Forbidden: spec.persistentvolumesource is immutable after creation"
    return [("FieldValueForbidden", "spec.persistentvolumesource", why)]


def _sealed(made: Object, live: Object) -> list[Cause]:
    if live.get("immutable") and any(made.get(field) != live.get(field) for field in ("data", "binaryData")):
        return [("FieldValueForbidden", "data", "Forbidden: field is immutable when `immutable` is set")]
    return []


def _pod(made: Object, live: Object) -> list[Cause]:
    def rest(spec: Object) -> Object:
        kept = {
            k: v
            for k, v in spec.items()
            if k not in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName")
        }
        for field in ("containers", "initContainers"):
            kept[field] = [
                {k: v for k, v in container.items() if k != "image"} for container in spec.get(field) or []
            ]
        return kept

    if rest(made["spec"]) == rest(live["spec"]):
        return []
    why = (
        "Forbidden: pod updates may not change fields other than"
        " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`"
        ",`spec.tolerations`"
        " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set"
        " to 1 if it was previously negative)"
    )
    return [("FieldValueForbidden", "spec", why)]


_RULES: dict[str, Callable[[Object, Object], list[Cause]]] = {
    "Deployment": _fixed("spec", "selector"),
    "ReplicaSet": _fixed("spec", "selector"),
    "DaemonSet": _fixed("spec", "selector"),
    "StatefulSet": _stateful,
    "Job": _all(_fixed("spec", "selector"), _fixed("spec", "template"), _fixed("spec", "completions")),
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "Pod": _pod,
    "ConfigMap": _sealed,
    "Secret": _all(_fixed("type"), _sealed),
    "RoleBinding": _fixed("roleRef"),
    "ClusterRoleBinding": _fixed("roleRef"),
    "StorageClass": _all(
        _fixed("provisioner"), _fixed("parameters"), _fixed("reclaimPolicy"), _fixed("volumeBindingMode")
    ),
    "PriorityClass": _fixed("value"),
    "IngressClass": _fixed("spec", "controller"),
}
