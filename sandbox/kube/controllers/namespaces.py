"""Namespaces: each gets its default ServiceAccount and the cluster's CA; a deleted one is emptied first."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import is_live, key_of

ROOT_CA = "kube-root-ca.crt"


class NamespaceController(Controller):
    """Furnishes new namespaces and empties deleted ones."""

    def __init__(self, store: Store, authority_pem: str) -> None:
        super().__init__(store)
        self._authority_pem = authority_pem
        registry = store.registry
        self._kind, self._accounts = registry.named("Namespace"), registry.named("ServiceAccount")
        self._config_maps = registry.named("ConfigMap")

    def reconcile(self) -> None:
        """Make one pass over the namespaces."""
        for namespace in self._store.all_of(self._kind):
            name = namespace["metadata"]["name"]
            if is_live(namespace):
                self._furnish(name)
            else:
                self._empty(name)

    def _furnish(self, name: str) -> None:
        if not self._store.has(self._accounts, name, "default"):
            self._store.create(self._accounts, {"metadata": {"name": "default", "namespace": name}})
        if not self._store.has(self._config_maps, name, ROOT_CA):
            metadata, data = {"name": ROOT_CA, "namespace": name}, {"ca.crt": self._authority_pem}
            self._store.create(self._config_maps, {"metadata": metadata, "data": data})

    def _empty(self, name: str) -> None:
        objects = [
            (kind, obj)
            for kind in self._store.registry.all()
            if kind.namespaced
            for obj in self._store.all_of(kind, name)
        ]
        for kind, obj in objects:
            if is_live(obj):
                self._store.delete(kind, *key_of(obj), grace=0)
        if not objects:
            self._store.mutate(self._kind, None, name, lambda obj: obj["spec"].update(finalizers=[]))
