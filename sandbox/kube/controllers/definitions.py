"""CustomResourceDefinitions that are deleted: their objects go first, then the kind is served no longer."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.owned_pods import Object, is_live

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


class Definitions:
    """The finalizer of CustomResourceDefinitions."""

    watches = None
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kind = store.registry.named("CustomResourceDefinition")

    def sync(self) -> None:
        """Look at every definition once."""
        for definition in self._store.all_of(self._kind):
            finalizers = definition["metadata"].get("finalizers", [])
            if is_live(definition):
                if CLEANUP not in finalizers:
                    self._set(definition, [*finalizers, CLEANUP])
            elif CLEANUP in finalizers:
                self._clean(definition, finalizers)

    def _clean(self, definition: Object, finalizers: list[str]) -> None:
        spec = definition["spec"]
        kinds = [
            kind
            for kind in self._store.registry.all()
            if (kind.group, kind.plural) == (spec["group"], spec["names"]["plural"])
        ]
        left = False
        for kind in kinds:
            for obj in self._store.all_of(kind):
                left = True
                if is_live(obj):
                    self._store.delete(kind, obj["metadata"].get("namespace"), obj["metadata"]["name"])
        if left:
            return  # their own finalizers may take a while
        for kind in kinds:
            self._store.registry.unregister(kind)
        self._set(definition, [each for each in finalizers if each != CLEANUP])

    def _set(self, definition: Object, finalizers: list[str]) -> None:
        name = definition["metadata"]["name"]
        self._store.mutate(self._kind, None, name, lambda obj: obj["metadata"].update(finalizers=finalizers))
