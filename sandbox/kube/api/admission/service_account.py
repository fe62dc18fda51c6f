"""ServiceAccount: the account of a pod has to exist, and its token is mounted into the containers."""

from __future__ import annotations

import uuid

from sandbox.kube.api.errors import not_admitted
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, annotations_of

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME_PREFIX = "kube-api-access-"
MIRROR_POD = "kubernetes.io/config.mirror"


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Complete a pod with its account. Raises `ApiError` 403 if the account does not exist."""
    if kind.kind != "Pod" or MIRROR_POD in annotations_of(obj):
        return
    spec, namespace = obj["spec"], obj["metadata"]["namespace"]
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    accounts = store.registry.named("ServiceAccount")
    if not store.has(accounts, namespace, name):
        if namespace.startswith("kube-"):
            return  # system pods are installed before the controllers have made the accounts
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise not_admitted(kind, obj, why)
    spec |= {"serviceAccountName": name, "serviceAccount": name}
    account = store.peek(accounts, namespace, name)
    if account.get("imagePullSecrets") and not spec.get("imagePullSecrets"):
        spec["imagePullSecrets"] = account["imagePullSecrets"]
    mounted = any(
        str(volume.get("name", "")).startswith(VOLUME_PREFIX) for volume in spec.get("volumes") or []
    )
    automount = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    if automount and not mounted:
        _mount_token(spec)


def _mount_token(spec: Object) -> None:
    name = f"{VOLUME_PREFIX}{uuid.uuid4().hex[:5]}"
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3_607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    volume = {"name": name, "projected": {"sources": sources, "defaultMode": 420}}
    spec["volumes"] = [*(spec.get("volumes") or []), volume]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        mounts = container.get("volumeMounts") or []
        if not any(mount["mountPath"] == MOUNT_PATH for mount in mounts):
            mount = {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}
            container["volumeMounts"] = [*mounts, mount]
