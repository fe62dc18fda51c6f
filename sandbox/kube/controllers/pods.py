"""The pods of an owner: how the controllers of workloads list, create and delete them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.store import Store
from sandbox.kube.api.writes import Writer
from sandbox.kube.controllers.events import EventRecorder
from sandbox.kube.objects import Object, clone, key_of, labels_of, owner_reference

REVISION = "controller-revision-hash"


class PodControl:
    """Creates, lists and deletes the pods of workloads."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._recorder = EventRecorder(store)
        self._kind = store.registry.named("Pod")
        self._created = 0
        self._revisions: dict[tuple[str, int], str] = {}

    def owned_by(self, owner: Object) -> list[Object]:
        """Return the pods of an owner, also those that are being deleted."""
        return self._store.owned(owner, self._kind)

    def revision(self, owner: Object) -> str:
        """Return the hash of an owner's template, which changes with its generation only."""
        key = owner["metadata"]["uid"], owner["metadata"].get("generation", 0)
        if key not in self._revisions:
            template = json.dumps(owner["spec"]["template"], sort_keys=True)
            self._revisions[key] = hashlib.sha256(template.encode()).hexdigest()[:10]
        return self._revisions[key]

    def create(
        self,
        owner: Object,
        *,
        labels: Mapping[str, str] | None = None,
        node: str = "",
        name: str = "",
        spec: Object | None = None,
    ) -> str:
        """Create a pod from an owner's template; return why it was not admitted, or an empty text.

        `node` binds it at once, as the DaemonSet controller does; `spec` replaces that of the template.
        """
        template = owner["spec"]["template"]
        pod_spec = clone(spec or template["spec"])
        if node:
            pod_spec["nodeName"] = node
        base = owner["metadata"]["name"]
        template_metadata = template.get("metadata") or {}
        metadata: Object = {
            "name": name or f"{base}-{self._suffix(owner)}",
            "namespace": owner["metadata"]["namespace"],
            "labels": {**template_metadata.get("labels", {}), **(labels or {})},
            "ownerReferences": [owner_reference(owner)],
        }
        if not name:
            metadata["generateName"] = f"{base}-"
        if template_metadata.get("annotations"):
            metadata["annotations"] = dict(template_metadata["annotations"])
        try:
            self._writer.create(self._kind, {"metadata": metadata, "spec": pod_spec})
        except ApiError as error:
            component = f"{owner['kind'].lower()}-controller"
            self._recorder.warn(owner, "FailedCreate", f"Error creating: {error}", component)
            return str(error)
        return ""

    def delete(self, pod: Object) -> None:
        """Delete a pod, with its grace period."""
        self._store.delete(self._kind, *key_of(pod))

    def _suffix(self, owner: Object) -> str:
        self._created += 1
        return hashlib.sha256(f"{owner['metadata']['uid']}{self._created}".encode()).hexdigest()[:5]


def has_revision(pod: Object, revision: str) -> bool:
    """Tell whether a pod was created from this revision of its owner's template."""
    return labels_of(pod).get(REVISION) == revision
