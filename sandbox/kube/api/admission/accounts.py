"""ServiceAccounts of pods, which have to be there, with the token volume that they bring; and priorities."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]
MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SYSTEM = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Fill in a pod. Raises `ApiError` 403."""
    if kind.kind != "Pod":
        return
    _priority(store, obj)
    if "kubernetes.io/config.mirror" in (obj["metadata"].get("annotations") or {}):
        return
    _account(store, obj)


def _account(store: Store, obj: Object) -> None:
    spec, metadata = obj["spec"], obj["metadata"]
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    kind = store.registry.named("ServiceAccount")
    if not store.has(kind, metadata["namespace"], name):
        if metadata["namespace"].startswith("kube-"):
            return  # installed before the controllers ran, by somebody who may
        why = (
            f'error looking up service account {metadata["namespace"]}/{name}: serviceaccount "{name}" not'
            " found"
        )
        raise _forbidden(obj, why)
    spec |= {"serviceAccountName": name, "serviceAccount": name}
    account = store.peek(kind, metadata["namespace"], name)
    if account.get("imagePullSecrets") and not spec.get("imagePullSecrets"):
        spec["imagePullSecrets"] = account["imagePullSecrets"]
    mounts = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    if not mounts or any(
        str(v.get("name", "")).startswith("kube-api-access-") for v in spec.get("volumes") or []
    ):
        return
    volume = f"kube-api-access-{uuid.uuid4().hex[:5]}"
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3_607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [
                    {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
                ]
            }
        },
    ]
    spec["volumes"] = [
        *(spec.get("volumes") or []),
        {"name": volume, "projected": {"sources": sources, "defaultMode": 420}},
    ]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        mounted = container.get("volumeMounts") or []
        if not any(each["mountPath"] == MOUNT for each in mounted):
            container["volumeMounts"] = [*mounted, {"name": volume, "readOnly": True, "mountPath": MOUNT}]


def _priority(store: Store, obj: Object) -> None:
    spec, kind = obj["spec"], store.registry.named("PriorityClass")
    name = spec.get("priorityClassName")
    if not name:
        spec.setdefault("priority", 0)
    elif name in SYSTEM:
        spec["priority"] = SYSTEM[name]
    elif store.has(kind, None, name):
        spec["priority"] = store.peek(kind, None, name)["value"]
    else:
        raise _forbidden(obj, f"no PriorityClass with name {name} was found")
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _forbidden(obj: Object, why: str) -> ApiError:
    name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
    return ApiError(
        403, "Forbidden", f'pods "{name}" is forbidden: {why}', details={"name": name, "kind": "pods"}
    )
