"""All objects of one cluster, as etcd and the generic registry of kube-apiserver keep them: resourceVersion,
uid, generation, managedFields and finalizers.

A store lives on one event loop and is not thread-safe. What is listed and sent to watches is never changed
afterwards: every write makes a new object.
"""

from __future__ import annotations

import collections
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

from sandbox.kube.api import errors, field_paths, managed_fields
from sandbox.kube.api.change_log import ADDED, DELETED, MODIFIED, ChangeLog, Event, Subscription
from sandbox.kube.api.kinds import Kind, KindRegistry
from sandbox.kube.api.managed_fields import Manager
from sandbox.kube.objects import Object, clone, format_time, key_of, status_of

Key = tuple[str, str]  # namespace (empty for cluster-scoped) and name

WITHOUT_GENERATION = frozenset(
    {
        "Namespace",
        "Node",
        "Service",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "ResourceQuota",
        "LimitRange",
        "VolumeAttachment",
        "APIService",
    }
)
SERVER_METADATA = (  # what an update cannot change
    "uid",
    "creationTimestamp",
    "generation",
    "managedFields",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
PROPAGATION_FINALIZERS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


class Store:
    """The objects of one cluster."""

    def __init__(self, registry: KindRegistry, clock: Callable[[], datetime]) -> None:
        self.registry = registry
        self.clock = clock
        self.resource_version = 1
        self.garbage_possible = False  # whether the garbage collector has something to look at
        self.changes = ChangeLog(self.resource_version)
        self._objects: dict[Kind, dict[Key, Object]] = collections.defaultdict(dict)
        self._sorted: dict[Kind, dict[str, list[Key]]] = collections.defaultdict(dict)  # by namespace
        self._owned: dict[str, dict[tuple[Kind, Key], None]] = collections.defaultdict(dict)  # by owner uid

    # --- reading

    def now(self) -> str:
        """Return the present as the API writes it."""
        return format_time(self.clock())

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """Return a copy of one object. Raises `ApiError` 404."""
        return clone(self.peek(kind, namespace, name))

    def peek(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """Return one object, which must not be changed. Raises `ApiError` 404."""
        obj = self._objects[kind].get((namespace or "", name))
        if obj is None:
            raise errors.not_found(kind, name)
        return obj

    def has(self, kind: Kind, namespace: str | None, name: str) -> bool:
        """Tell whether there is such an object."""
        return (namespace or "", name) in self._objects[kind]

    def all_of(self, kind: Kind, namespace: str | None = None) -> list[Object]:
        """Return the objects of a kind in the order of their keys; they must not be changed."""
        objects, index = self._objects[kind], namespace or ""
        keys = self._sorted[kind].get(index)
        if keys is None:
            keys = self._sorted[kind][index] = sorted(key for key in objects if index in ("", key[0]))
        return [objects[key] for key in keys]

    def owned(self, owner: Object, kind: Kind) -> list[Object]:
        """Return the objects of a kind that an object owns; they must not be changed."""
        owned = self._owned.get(owner["metadata"]["uid"], ())
        return [
            self._objects[kind][key] for key in sorted(key for owned_kind, key in owned if owned_kind == kind)
        ]

    def subscribe(self, kinds: Iterable[Kind] | None = None) -> Subscription:
        """Receive every change from now on."""
        return self.changes.subscribe(kinds)

    # --- writing

    def create(
        self,
        kind: Kind,
        obj: Object,
        *,
        manager: str = "",
        dry_run: bool = False,
        fields: field_paths.Fields | None = None,
    ) -> Object:
        """Create an object and return it as stored. Raises `ApiError`.

        `fields` are those of the manager, where the object has the server's defaults in it already.
        """
        created = self._new(kind, obj)
        if manager:
            owned = field_paths.fields_of(created) if fields is None else fields
            managed_fields.own(created, Manager(manager, "Update"), kind, owned, now=self.now())
        if not dry_run:
            self._write(kind, created, None)
        return created

    def update(
        self,
        kind: Kind,
        obj: Object,
        *,
        subresource: str | None = None,
        manager: str = "",
        dry_run: bool = False,
        unowned: field_paths.Fields = frozenset(),
    ) -> Object:
        """Replace an object, or the part of it that a subresource is. Raises `ApiError` 404 and 409."""
        metadata = obj["metadata"]
        live = self.peek(kind, *key_of(obj))
        version = metadata.get("resourceVersion")
        if version and version != live["metadata"]["resourceVersion"]:
            raise errors.modified(kind, metadata["name"])
        updated = self._replaced(live, obj, subresource)
        if manager and not subresource:
            managed_fields.own_changes(updated, live, manager, kind, unowned=unowned, now=self.now())
        return self._finish(kind, updated, live, dry_run=dry_run)

    def mutate(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        change: Callable[[Object], None],
        *,
        subresource: str | None = None,
    ) -> Object:
        """Read, change and write an object in one go; nothing is written if nothing changed."""
        live = self.peek(kind, namespace, name)
        obj = clone(live)
        change(obj)
        return live if obj == live else self.update(kind, obj, subresource=subresource)

    def set_status(self, kind: Kind, obj: Object, status: Object) -> None:
        """Write the status of an object, if the object still exists and its status differs."""
        if self.has(kind, *key_of(obj)) and self.peek(kind, *key_of(obj)).get("status") != status:
            self.mutate(kind, *key_of(obj), lambda live: live.update(status=status), subresource="status")

    def remove_finalizer(self, kind: Kind, obj: Object, finalizer: str) -> None:
        """Take a finalizer off an object. Raises `ApiError` 404."""

        def remove(live: Object) -> None:
            finalizers = live["metadata"].get("finalizers", [])
            live["metadata"]["finalizers"] = [name for name in finalizers if name != finalizer]

        self.mutate(kind, *key_of(obj), remove)

    def apply(
        self,
        kind: Kind,
        obj: Object,
        *,
        manager: str,
        force: bool,
        dry_run: bool = False,
        fields: field_paths.Fields | None = None,
        review: Callable[[Object, Object], object] | None = None,
    ) -> tuple[Object, bool]:
        """Apply an object on the server's side; return it and whether it is new.

        `fields` are those that were applied, where the object has the server's defaults in it already;
        `review` sees the merged and the live object, and may fill the merged one in, before it is stored.
        Raises `ApiError` 409 with the conflicts.
        """
        applied = field_paths.fields_of(obj) if fields is None else fields
        applier = Manager(manager, "Apply")
        live = self._objects[kind].get(key_of(obj))
        if live is None:
            created = self.create(kind, obj, dry_run=True)
            managed_fields.own(created, applier, kind, applied, now=self.now())
            if not dry_run:
                self._write(kind, created, None)
            return created, True
        self._check_identity(kind, obj, live)
        merged = managed_fields.lay_over(live, obj, applied, manager, force=force)
        if "status" in self._subresources(live) and "status" in live:
            merged["status"] = clone(live["status"])
        if review is not None:
            review(merged, live)
        managed_fields.own(merged, applier, kind, applied, now=self.now())
        return self._finish(kind, merged, live, dry_run=dry_run), False

    def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        preconditions: Object | None = None,
        propagation: str | None = None,
        grace: int | None = None,
        dry_run: bool = False,
    ) -> tuple[Object, bool]:
        """Delete an object; return it and whether it is gone. Raises `ApiError`.

        Finalizers and the grace period of a pod (`grace` seconds, else its own) keep it for a while.
        """
        live = self.peek(kind, namespace, name)
        self._check_preconditions(kind, live, preconditions or {})
        deleted = clone(live)
        if propagation in PROPAGATION_FINALIZERS:
            finalizers = deleted["metadata"].setdefault("finalizers", [])
            finalizers.append(PROPAGATION_FINALIZERS[propagation])
        spec = deleted.get("spec", {})
        seconds = spec.get("terminationGracePeriodSeconds", 30) if grace is None else grace
        graceful = kind.kind == "Pod" and bool(spec.get("nodeName")) and seconds > 0
        delayed = _has_finalizers(deleted) or graceful
        if dry_run:
            return deleted, not delayed
        if not delayed:
            self._remove(kind, key_of(live))
            return live, True
        if "deletionTimestamp" not in deleted["metadata"]:
            deleted["metadata"]["deletionTimestamp"] = self.now()
            if kind.kind == "Pod":
                deleted["metadata"]["deletionGracePeriodSeconds"] = seconds
            if kind.kind == "Namespace":
                deleted["status"] = {**status_of(deleted), "phase": "Terminating"}
            self._write(kind, deleted, live)
        return deleted, False

    def drop(self, kind: Kind, namespace: str | None, name: str) -> None:
        """Remove an object at once, as a kubelet does at the end of a pod's grace period."""
        if self.has(kind, namespace, name):
            self._remove(kind, (namespace or "", name))

    # --- inside

    def _new(self, kind: Kind, obj: Object) -> Object:
        """Return a new object with what the server gives it. Raises `ApiError` 409."""
        metadata = clone(obj.get("metadata") or {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = f"{metadata['generateName']}{uuid.uuid4().hex[:5]}"
        metadata.pop("managedFields", None)
        if self.has(kind, metadata.get("namespace"), metadata["name"]):
            raise errors.already_exists(kind, metadata["name"])
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.now()}
        if "spec" in obj and kind.kind not in WITHOUT_GENERATION:
            metadata["generation"] = 1
        content = {field: clone(value) for field, value in obj.items() if field not in ("kind", "apiVersion")}
        return {"kind": kind.kind, "apiVersion": kind.api_version, **content, "metadata": metadata}

    def _replaced(self, live: Object, obj: Object, subresource: str | None) -> Object:
        if subresource == "status":
            return {**clone(live), "status": clone(obj.get("status", {}))}
        updated = clone(obj)
        for field in SERVER_METADATA:
            updated["metadata"].pop(field, None)
            if field in live["metadata"]:
                updated["metadata"][field] = clone(live["metadata"][field])
        updated["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
        if subresource is None and "status" in live and "status" in self._subresources(live):
            updated["status"] = clone(live["status"])
        return updated

    def _check_identity(self, kind: Kind, obj: Object, live: Object) -> None:
        """Refuse an apply to another object than it names. Raises `ApiError` 409."""
        metadata, actual = obj["metadata"], live["metadata"]
        uid, version = metadata.get("uid", actual["uid"]), metadata.get("resourceVersion")
        if uid != actual["uid"]:
            raise errors.precondition(kind, metadata["name"], "UID", expected=uid, actual=actual["uid"])
        if version is not None and version != actual["resourceVersion"]:
            raise errors.modified(kind, metadata["name"])

    def _check_preconditions(self, kind: Kind, live: Object, preconditions: Object) -> None:
        for field, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            expected, actual = preconditions.get(field), live["metadata"][field]
            if expected and expected != actual:
                name = live["metadata"]["name"]
                raise errors.precondition(kind, name, label, expected=expected, actual=actual)

    def _subresources(self, live: Object) -> tuple[str, ...]:
        kind = self.registry.of(live["apiVersion"], live["kind"])
        return kind.subresources if kind else ()

    def _finish(self, kind: Kind, obj: Object, live: Object, *, dry_run: bool) -> Object:
        """Store an updated object; one that waited for its last finalizer is removed."""
        if "generation" in live["metadata"] and obj.get("spec") != live.get("spec"):
            obj["metadata"]["generation"] = live["metadata"]["generation"] + 1
        if obj == live or dry_run:
            return obj
        if "deletionTimestamp" in obj["metadata"] and not _has_finalizers(obj) and kind.kind != "Pod":
            self._remove(kind, key_of(obj))
        else:
            self._write(kind, obj, live)
        return obj

    def _write(self, kind: Kind, obj: Object, before: Object | None) -> None:
        self.resource_version += 1
        obj["metadata"]["resourceVersion"] = str(self.resource_version)
        stored, key = clone(obj), key_of(obj)
        if key not in self._objects[kind]:
            self._sorted[kind].clear()
        self._index_owners(kind, key, _owner_uids(before), _owner_uids(stored))
        self._objects[kind][key] = stored
        self.garbage_possible |= bool({"deletionTimestamp", "ownerReferences"} & stored["metadata"].keys())
        change = MODIFIED if before else ADDED
        self.changes.append(Event(self.resource_version, change, kind, stored, before))

    def _remove(self, kind: Kind, key: Key) -> None:
        before = self._objects[kind].pop(key)
        self._sorted[kind].clear()
        self._index_owners(kind, key, _owner_uids(before), [])
        self.garbage_possible = True
        self.resource_version += 1
        last = clone(before)
        last["metadata"]["resourceVersion"] = str(self.resource_version)
        self.changes.append(Event(self.resource_version, DELETED, kind, last, before))

    def _index_owners(self, kind: Kind, key: Key, before: list[str], after: list[str]) -> None:
        if before == after:
            return
        for uid in before:
            self._owned[uid].pop((kind, key), None)
            if not self._owned[uid]:
                del self._owned[uid]
        for uid in after:
            self._owned[uid][kind, key] = None


def _owner_uids(obj: Object | None) -> list[str]:
    references = obj["metadata"].get("ownerReferences") or () if obj else ()
    return [reference["uid"] for reference in references]


def _has_finalizers(obj: Object) -> bool:
    return bool(obj["metadata"].get("finalizers") or obj.get("spec", {}).get("finalizers"))
