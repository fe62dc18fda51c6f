"""CustomResourceDefinitions that are deleted: first their objects go, then the kind is served no longer."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import Object, is_live, key_of

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


class CustomResourceController(Controller):
    """Puts the cleanup finalizer on definitions, and does what it stands for."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._kind = store.registry.named("CustomResourceDefinition")

    def reconcile(self) -> None:
        """Make one pass over the definitions."""
        for definition in self._store.all_of(self._kind):
            finalizers = definition["metadata"].get("finalizers", [])
            if is_live(definition):
                if CLEANUP not in finalizers:
                    self._store.mutate(
                        self._kind,
                        *key_of(definition),
                        lambda obj: obj["metadata"].setdefault("finalizers", []).append(CLEANUP),
                    )
            elif CLEANUP in finalizers:
                self._clean_up(definition)

    def _clean_up(self, definition: Object) -> None:
        spec, registry = definition["spec"], self._store.registry
        kinds = [
            kind
            for kind in registry.all()
            if (kind.group, kind.plural) == (spec["group"], spec["names"]["plural"])
        ]
        objects = [(kind, obj) for kind in kinds for obj in self._store.all_of(kind)]
        for kind, obj in objects:
            if is_live(obj):
                self._store.delete(kind, *key_of(obj))
        if not objects:  # else their own finalizers may take a while
            for kind in kinds:
                registry.unregister(kind)
            self._store.remove_finalizer(self._kind, definition, CLEANUP)
