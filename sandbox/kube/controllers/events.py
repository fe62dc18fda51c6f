"""Events of the core group: one per object, reason and message."""

from __future__ import annotations

import hashlib

from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object


class EventRecorder:
    """Writes warnings about objects."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kind, self._namespaces = store.registry.named("Event"), store.registry.named("Namespace")

    def warn(self, obj: Object, reason: str, message: str, component: str, *, host: str = "") -> None:
        """Write a warning from a component, unless the same one is there already."""
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "default")
        digest = hashlib.sha256(f"{reason}{message}".encode()).hexdigest()[:10]
        name = f"{metadata['name']}.{digest}"
        is_repeated = self._store.has(self._kind, namespace, name)
        if is_repeated or not self._store.has(self._namespaces, None, namespace):
            return
        now = self._store.now()
        event = {
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {
                "kind": obj["kind"],
                "namespace": namespace,
                "name": metadata["name"],
                "uid": metadata["uid"],
                "apiVersion": obj["apiVersion"],
            },
            "reason": reason,
            "message": message,
            "type": "Warning",
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "source": {"component": component, **({"host": host} if host else {})},
        }
        self._store.create(self._kind, event)
