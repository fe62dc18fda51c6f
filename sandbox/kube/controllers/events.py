"""Events of the core group: one per object, reason and message."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.kube.api.store import Store

Object = dict[str, Any]


class Recorder:
    """Writes events."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kind = store.registry.named("Event")

    def warn(self, obj: Object, reason: str, message: str, component: str, *, host: str = "") -> None:
        """A warning about an object; said again it is not written again."""
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "default")
        digest = hashlib.sha256(f"{reason}{message}".encode()).hexdigest()[:10]
        name = f"{metadata['name']}.{digest}"
        namespaces = self._store.registry.named("Namespace")
        if self._store.has(self._kind, namespace, name) or not self._store.has(namespaces, None, namespace):
            return
        involved = {
            "kind": obj["kind"],
            "namespace": namespace,
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": obj["apiVersion"],
        }
        now = self._store.now()
        source = {"component": component, **({"host": host} if host else {})}
        self._store.create(
            self._kind,
            {
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": involved,
                "reason": reason,
                "message": message,
                "type": "Warning",
                "count": 1,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "source": source,
            },
        )
