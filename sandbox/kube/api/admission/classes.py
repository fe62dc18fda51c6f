"""Default classes: a claim without a storage class, and an Ingress without a class, get the one that is
marked.
"""

from __future__ import annotations

from typing import Any

from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]
STORAGE, INGRESS = (
    "storageclass.kubernetes.io/is-default-class",
    "ingressclass.kubernetes.io/is-default-class",
)


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Fill in the class of a claim or an Ingress."""
    if kind.kind == "PersistentVolumeClaim" and "storageClassName" not in obj["spec"]:
        _fill(store, "StorageClass", STORAGE, obj["spec"], "storageClassName")
    if kind.kind == "Ingress" and "ingressClassName" not in obj["spec"]:
        _fill(store, "IngressClass", INGRESS, obj["spec"], "ingressClassName")


def _fill(store: Store, kind: str, mark: str, spec: Object, field: str) -> None:
    for found in store.all_of(store.registry.named(kind)):
        if (found["metadata"].get("annotations") or {}).get(mark) == "true":
            spec[field] = found["metadata"]["name"]
            return
