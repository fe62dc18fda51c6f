"""Immutable fields: selectors, bound claims, role references, the disks of volumes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.kube.api.errors import Cause, forbidden_value, invalid, invalid_value
from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object

Rule = Callable[[Object, Object], list[Cause]]
IMMUTABLE = "field is immutable"
STATEFUL_SET_MUTABLE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "revisionHistoryLimit",
}

POD_MUTABLE = {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"}


def check(kind: Kind, obj: Object, live: Object) -> None:
    """Refuse an update that changes an immutable field. Raises `ApiError` 422."""
    rule = _RULES.get(kind.kind)
    causes = rule(obj, live) if rule else []
    if causes:
        raise invalid(kind, live["metadata"]["name"], causes)


def _fixed(*path: str) -> Rule:
    def rule(obj: Object, live: Object) -> list[Cause]:
        new: Any = obj
        old: Any = live
        for step in path:
            new, old = (new or {}).get(step), (old or {}).get(step)
        if new == old:
            return []
        value = json.dumps(new, separators=(",", ":"))
        return [invalid_value(".".join(path), f"{value}: {IMMUTABLE}")]

    return rule


def _all(*rules: Rule) -> Rule:
    return lambda obj, live: [cause for rule in rules for cause in rule(obj, live)]


def _stateful_set(obj: Object, live: Object) -> list[Cause]:
    new, old = (
        {field: value for field, value in spec.items() if field not in STATEFUL_SET_MUTABLE}
        for spec in (obj["spec"], live["spec"])
    )
    if new == old:
        return []
    why = (
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
        " 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    )
    return [forbidden_value("spec", why)]


def _claim(obj: Object, live: Object) -> list[Cause]:
    new, old = dict(obj["spec"]), dict(live["spec"])
    for spec in (new, old):
        spec.pop("resources", None)
    if not old.get("volumeName"):
        new.pop("volumeName", None)
        if not old.get("storageClassName"):
            new.pop("storageClassName", None)
    if new == old:
        return []
    why = (
        "spec is immutable after creation except resources.requests and volumeAttributesClassName"
        " for bound claims"
    )
    return [forbidden_value("spec", why)]


def _volume(obj: Object, live: Object) -> list[Cause]:
    sources = ("csi", "cinder", "hostPath", "nfs", "local")
    if all(obj["spec"].get(source) == live["spec"].get(source) for source in sources):
        return []
    why = "spec.persistentvolumesource is immutable after creation"
    return [forbidden_value("spec.persistentvolumesource", why)]


def _immutable_data(obj: Object, live: Object) -> list[Cause]:
    if live.get("immutable") and any(obj.get(field) != live.get(field) for field in ("data", "binaryData")):
        return [forbidden_value("data", "field is immutable when `immutable` is set")]
    return []


def _pod(obj: Object, live: Object) -> list[Cause]:
    def immutable(spec: Object) -> Object:
        part = {field: value for field, value in spec.items() if field not in POD_MUTABLE}
        for field in ("containers", "initContainers"):
            part[field] = [{**container, "image": None} for container in spec.get(field) or []]
        return part

    if immutable(obj["spec"]) == immutable(live["spec"]):
        return []
    why = (
        "pod updates may not change fields other than"
        " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`"
        ",`spec.tolerations`"
        " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set"
        " to 1 if it was previously negative)"
    )
    return [forbidden_value("spec", why)]


_RULES: dict[str, Rule] = {
    "Deployment": _fixed("spec", "selector"),
    "ReplicaSet": _fixed("spec", "selector"),
    "DaemonSet": _fixed("spec", "selector"),
    "StatefulSet": _stateful_set,
    "Job": _all(_fixed("spec", "selector"), _fixed("spec", "template"), _fixed("spec", "completions")),
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "Pod": _pod,
    "ConfigMap": _immutable_data,
    "Secret": _all(_fixed("type"), _immutable_data),
    "RoleBinding": _fixed("roleRef"),
    "ClusterRoleBinding": _fixed("roleRef"),
    "StorageClass": _all(
        _fixed("provisioner"), _fixed("parameters"), _fixed("reclaimPolicy"), _fixed("volumeBindingMode")
    ),
    "PriorityClass": _fixed("value"),
    "IngressClass": _fixed("spec", "controller"),
}
