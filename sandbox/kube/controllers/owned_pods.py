"""What the controllers share: owners and their pods, where a pod fits, whether it is ready."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sandbox.kube.api import selectors
from sandbox.kube.api.clone import clone
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.api.writes import Writer
from sandbox.kube.controllers.events import Recorder

Object = dict[str, Any]


def tolerates(spec: Object, taint: Object) -> bool:
    """Whether a pod tolerates a taint."""
    for toleration in spec.get("tolerations") or []:
        effect = toleration.get("effect")
        if effect and effect != taint["effect"]:
            continue
        if toleration.get("operator") == "Exists":
            if not toleration.get("key") or toleration["key"] == taint["key"]:
                return True
        elif toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""):
            return True
    return False


def fits(spec: Object, node: Object, *, daemon: bool = False) -> bool:
    """Whether a pod may be put on a node. The DaemonSet controller adds tolerations of its own."""
    labels = node["metadata"].get("labels", {})
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    own = (
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
        "node.kubernetes.io/network-unavailable",
        "node.kubernetes.io/unschedulable",
        "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/memory-pressure",
    )
    for taint in node.get("spec", {}).get("taints") or []:
        if taint["effect"] == "PreferNoSchedule" or (daemon and taint["key"] in own):
            continue
        if not tolerates(spec, taint):
            return False
    return True


def revision(template: Object) -> str:
    """The hash that names a template's revision."""
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def is_ready(pod: Object) -> bool:
    """Whether a pod's Ready condition is true."""
    return any(
        c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", [])
    )


def selected(selector: Object, pod: Object) -> bool:
    """Whether a LabelSelector selects a pod."""
    return selectors.matches(selector, pod["metadata"].get("labels", {}))


def is_live(obj: Object) -> bool:
    """Whether an object is not being deleted."""
    return not obj["metadata"].get("deletionTimestamp")


def reference(owner: Object) -> Object:
    """The owner reference that a controller puts on what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


class Pods:
    """Makes, finds and deletes the pods of workloads, and writes workloads' status."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._recorder = Recorder(store)
        self._kind = store.registry.named("Pod")
        self._numbers = 0
        self._revisions: dict[tuple[str, int], str] = {}

    def of(self, owner: Object) -> list[Object]:
        """The pods of an owner, also those that are being deleted."""
        return self._store.owned(owner, self._kind)

    def revision(self, owner: Object) -> str:
        """The hash of an owner's template, which changes with its generation only."""
        key = owner["metadata"]["uid"], owner["metadata"].get("generation", 0)
        if key not in self._revisions:
            self._revisions[key] = revision(owner["spec"]["template"])
        return self._revisions[key]

    def make(
        self,
        owner: Object,
        *,
        labels: Mapping[str, str] | None = None,
        node: str = "",
        name: str = "",
        spec: Object | None = None,
    ) -> str:
        """Make a pod from an owner's template; returns why not, if it was not admitted."""
        template = owner["spec"]["template"]
        made = clone(spec or template["spec"])
        if node:
            made["nodeName"] = node
        base = owner["metadata"]["name"]
        given = template.get("metadata") or {}
        metadata: Object = {
            "name": name or f"{base}-{self._suffix(owner)}",
            "namespace": owner["metadata"]["namespace"],
            "labels": {**given.get("labels", {}), **(labels or {})},
            "ownerReferences": [reference(owner)],
        }
        if not name:
            metadata["generateName"] = f"{base}-"
        if given.get("annotations"):
            metadata["annotations"] = dict(given["annotations"])
        try:
            self._writer.create(self._kind, {"metadata": metadata, "spec": made})
        except ApiError as error:
            self._recorder.warn(
                owner, "FailedCreate", f"Error creating: {error}", f"{owner['kind'].lower()}-controller"
            )
            return str(error)
        return ""

    def _suffix(self, owner: Object) -> str:
        self._numbers += 1
        return hashlib.sha256(f"{owner['metadata']['uid']}{self._numbers}".encode()).hexdigest()[:5]

    def delete(self, pod: Object) -> None:
        """Delete a pod, with its grace."""
        self._store.delete(self._kind, pod["metadata"]["namespace"], pod["metadata"]["name"])

    def report(self, kind: Kind, obj: Object, status: Object) -> None:
        """Write a workload's status."""
        namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
        if (
            self._store.has(kind, namespace, name)
            and self._store.peek(kind, namespace, name).get("status") != status
        ):
            self._store.mutate(
                kind, namespace, name, lambda found: found.update(status=status), subresource="status"
            )
