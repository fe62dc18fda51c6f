"""The garbage collector: what is owned by something that is gone goes too; foreground and orphan
deletions end.
"""

from __future__ import annotations

from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.owned_pods import Object, is_live

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


class Garbage:
    """The controller of owner references, over all kinds."""

    watches = None
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store

    def sync(self) -> None:
        """Look at every object once, if something was owned, deleted or gone since the last time."""
        if not self._store.disowned:
            return
        self._store.disowned = False
        everything = [(kind, obj) for kind in self._store.registry.all() for obj in self._store.all_of(kind)]
        uids = {obj["metadata"]["uid"] for _, obj in everything}
        owned: dict[str, list[tuple[Kind, Object]]] = {}
        for kind, obj in everything:
            for reference in obj["metadata"].get("ownerReferences", []):
                owned.setdefault(reference["uid"], []).append((kind, obj))
        for kind, obj in everything:
            finalizers = obj["metadata"].get("finalizers", [])
            if not is_live(obj) and ORPHAN in finalizers:
                self._orphan(kind, obj, owned.get(obj["metadata"]["uid"], []))
            elif not is_live(obj) and FOREGROUND in finalizers:
                self._foreground(kind, obj, owned.get(obj["metadata"]["uid"], []))
        for kind, obj in everything:
            owners = obj["metadata"].get("ownerReferences", [])
            if owners and is_live(obj) and not any(reference["uid"] in uids for reference in owners):
                self._delete(kind, obj)

    def _orphan(self, kind: Kind, owner: Object, dependents: list[tuple[Kind, Object]]) -> None:
        uid = owner["metadata"]["uid"]

        def disown(obj: Object) -> None:
            left = [ref for ref in obj["metadata"].get("ownerReferences", []) if ref["uid"] != uid]
            obj["metadata"]["ownerReferences"] = left

        for each, obj in dependents:
            if self._there(each, obj):
                self._store.mutate(each, _namespace(obj), obj["metadata"]["name"], disown)
        self._release(kind, owner, ORPHAN)

    def _foreground(self, kind: Kind, owner: Object, dependents: list[tuple[Kind, Object]]) -> None:
        left = [(each, obj) for each, obj in dependents if self._there(each, obj)]
        for each, obj in left:
            if is_live(obj):
                self._delete(each, obj)
        if not any(self._there(each, obj) for each, obj in left):
            self._release(kind, owner, FOREGROUND)

    def _release(self, kind: Kind, obj: Object, finalizer: str) -> None:
        def change(found: Object) -> None:
            found["metadata"]["finalizers"] = [
                each for each in found["metadata"]["finalizers"] if each != finalizer
            ]

        if self._there(kind, obj):
            self._store.mutate(kind, _namespace(obj), obj["metadata"]["name"], change)

    def _delete(self, kind: Kind, obj: Object) -> None:
        if self._there(kind, obj):
            self._store.delete(kind, _namespace(obj), obj["metadata"]["name"])

    def _there(self, kind: Kind, obj: Object) -> bool:
        return self._store.has(kind, _namespace(obj), obj["metadata"]["name"])


def _namespace(obj: Object) -> str | None:
    namespace = obj["metadata"].get("namespace")
    return str(namespace) if namespace else None
