"""The garbage collector: objects whose owners are gone are deleted.

It also finishes foreground and orphan deletions, by their finalizers
(https://kubernetes.io/docs/concepts/architecture/garbage-collection/).
"""

from __future__ import annotations

from sandbox.kube.api.kinds import Kind
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import Object, is_live, key_of

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
Dependents = list[tuple[Kind, Object]]


class GarbageCollector(Controller):
    """Follows the owner references of all kinds."""

    def reconcile(self) -> None:
        """Make one pass over all objects, if one was owned, deleted or gone since the last pass."""
        store = self._store
        if not store.garbage_possible:
            return
        store.garbage_possible = False
        objects = [(kind, obj) for kind in store.registry.all() for obj in store.all_of(kind)]
        uids = {obj["metadata"]["uid"] for _, obj in objects}
        dependents: dict[str, Dependents] = {}
        for kind, obj in objects:
            for reference in _owners(obj):
                dependents.setdefault(reference["uid"], []).append((kind, obj))
        for kind, obj in objects:
            finalizers = obj["metadata"].get("finalizers", [])
            if not is_live(obj) and ORPHAN in finalizers:
                self._orphan(kind, obj, dependents.get(obj["metadata"]["uid"], []))
            elif not is_live(obj) and FOREGROUND in finalizers:
                self._delete_dependents(kind, obj, dependents.get(obj["metadata"]["uid"], []))
        for kind, obj in objects:
            if is_live(obj) and _owners(obj) and uids.isdisjoint(owner["uid"] for owner in _owners(obj)):
                self._delete(kind, obj)

    def _orphan(self, kind: Kind, owner: Object, dependents: Dependents) -> None:
        uid = owner["metadata"]["uid"]

        def remove_reference(obj: Object) -> None:
            references = [reference for reference in _owners(obj) if reference["uid"] != uid]
            obj["metadata"]["ownerReferences"] = references

        for dependent_kind, obj in dependents:
            if self._exists(dependent_kind, obj):
                self._store.mutate(dependent_kind, *key_of(obj), remove_reference)
        self._remove_finalizer(kind, owner, ORPHAN)

    def _delete_dependents(self, kind: Kind, owner: Object, dependents: Dependents) -> None:
        for dependent_kind, obj in dependents:
            if is_live(obj):
                self._delete(dependent_kind, obj)
        if not any(self._exists(dependent_kind, obj) for dependent_kind, obj in dependents):
            self._remove_finalizer(kind, owner, FOREGROUND)

    def _remove_finalizer(self, kind: Kind, obj: Object, finalizer: str) -> None:
        if self._exists(kind, obj):
            self._store.remove_finalizer(kind, obj, finalizer)

    def _delete(self, kind: Kind, obj: Object) -> None:
        if self._exists(kind, obj):
            self._store.delete(kind, *key_of(obj))

    def _exists(self, kind: Kind, obj: Object) -> bool:
        return self._store.has(kind, *key_of(obj))


def _owners(obj: Object) -> list[Object]:
    return obj["metadata"].get("ownerReferences") or []
