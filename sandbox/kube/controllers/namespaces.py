"""Namespaces: each gets its ServiceAccount and CA, and one that is deleted takes its objects along."""

from __future__ import annotations

from sandbox.kube.api.store import Store


class Namespaces:
    """The controller of namespaces."""

    watches = None
    patient = False
    next_due = None

    def __init__(self, store: Store, authority_pem: str) -> None:
        self._store = store
        self._authority = authority_pem

    def sync(self) -> None:
        """Look at every namespace once."""
        registry = self._store.registry
        kind, accounts, maps = (
            registry.named("Namespace"),
            registry.named("ServiceAccount"),
            registry.named("ConfigMap"),
        )
        for namespace in self._store.all_of(kind):
            name = namespace["metadata"]["name"]
            if namespace["metadata"].get("deletionTimestamp"):
                self._empty(name)
                continue
            if not self._store.has(accounts, name, "default"):
                self._store.create(accounts, {"metadata": {"name": "default", "namespace": name}})
            if not self._store.has(maps, name, "kube-root-ca.crt"):
                data = {"ca.crt": self._authority}
                self._store.create(
                    maps, {"metadata": {"name": "kube-root-ca.crt", "namespace": name}, "data": data}
                )

    def _empty(self, name: str) -> None:
        left = False
        for kind in self._store.registry.all():
            if not kind.namespaced:
                continue
            for obj in self._store.all_of(kind, name):
                left = True
                if not obj["metadata"].get("deletionTimestamp"):
                    self._store.delete(kind, name, obj["metadata"]["name"], grace=0)
        if not left:
            kind = self._store.registry.named("Namespace")
            self._store.mutate(kind, None, name, lambda obj: obj["spec"].update(finalizers=[]))
