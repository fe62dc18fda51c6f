"""DefaultStorageClass and DefaultIngressClass: what names no class gets the one that is marked as default."""

from __future__ import annotations

from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, annotations_of

DEFAULTS = {  # by kind: the field, the kind of the class, and the annotation that marks the default
    "PersistentVolumeClaim": (
        "storageClassName",
        "StorageClass",
        "storageclass.kubernetes.io/is-default-class",
    ),
    "Ingress": ("ingressClassName", "IngressClass", "ingressclass.kubernetes.io/is-default-class"),
}


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Set the class of a claim or an Ingress."""
    if kind.kind not in DEFAULTS:
        return
    field, class_kind, annotation = DEFAULTS[kind.kind]
    if field in obj["spec"]:
        return
    for candidate in store.all_of(store.registry.named(class_kind)):
        if annotations_of(candidate).get(annotation) == "true":
            obj["spec"][field] = candidate["metadata"]["name"]
            return
