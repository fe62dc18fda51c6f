"""All objects of one cluster: resourceVersion, uid, generation, managedFields, finalizers, and a history.

It lives on one event loop and is not thread-safe. What is listed and sent to watches is never changed
afterwards: every write makes a new object.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.kube.api import errors, managed, ownership
from sandbox.kube.api.clone import clone
from sandbox.kube.api.kinds import Kind, KindRegistry

Object = dict[str, Any]
Key = tuple[str, str]  # namespace (empty for cluster-scoped) and name

HISTORY = 5_000  # events that a watch may resume over; older ones are 410 Gone
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
ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"


@dataclasses.dataclass(frozen=True)
class Event:
    """One change; `before` is the object as it was, for selectors that it no longer matches."""

    version: int
    type: str
    kind: Kind
    obj: Object
    before: Object | None


class Subscription:
    """A queue of changes for one reader."""

    def __init__(self, store: Store, kinds: frozenset[Kind] | None) -> None:
        self._store = store
        self.kinds = kinds
        self.queue: asyncio.Queue[Event] = asyncio.Queue()

    def close(self) -> None:
        """Receive no more."""
        self._store.subscriptions.discard(self)


class Store:
    """The objects of one cluster."""

    def __init__(self, registry: KindRegistry, clock: Callable[[], datetime]) -> None:
        self.registry = registry
        self.clock = clock
        self._objects: dict[Kind, dict[Key, Object]] = collections.defaultdict(dict)
        self._sorted: dict[Kind, dict[str, list[Key]]] = collections.defaultdict(dict)
        self._owned: dict[str, dict[tuple[Kind, Key], None]] = collections.defaultdict(
            dict
        )  # by the owner's uid
        self._history: collections.deque[Event] = collections.deque(maxlen=HISTORY)
        self.subscriptions: set[Subscription] = set()
        self.disowned = False  # whether the garbage collector has something to look at
        self.resource_version = 1
        self._oldest = 1  # the last version that is no longer in the history

    # --- reading

    def now(self) -> str:
        """The present as the API writes it."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """A copy of one object. Raises `ApiError` 404."""
        return clone(self.peek(kind, namespace, name))

    def peek(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """One object, not to be changed. Raises `ApiError` 404."""
        found = self._objects[kind].get((namespace or "", name))
        if found is None:
            raise errors.not_found(kind, name)
        return found

    def has(self, kind: Kind, namespace: str | None, name: str) -> bool:
        """Whether there is such an object."""
        return (namespace or "", name) in self._objects[kind]

    def all_of(self, kind: Kind, namespace: str | None = None) -> list[Object]:
        """Objects of a kind in the order of their keys, not to be changed."""
        found = self._objects[kind]
        keys = self._sorted[kind].get(namespace or "")
        if keys is None:
            keys = self._sorted[kind][namespace or ""] = sorted(
                k for k in found if not namespace or k[0] == namespace
            )
        return [found[key] for key in keys]

    def owned(self, owner: Object, kind: Kind) -> list[Object]:
        """Objects of a kind that an object owns, not to be changed."""
        keys = [key for each, key in self._owned.get(owner["metadata"]["uid"], ()) if each == kind]
        return [self._objects[kind][key] for key in sorted(keys)]

    def subscribe(self, kinds: Iterable[Kind] | None = None) -> Subscription:
        """Receive every change from now on."""
        made = Subscription(self, frozenset(kinds) if kinds is not None else None)
        self.subscriptions.add(made)
        return made

    def since(self, version: int) -> list[Event]:
        """The changes after a version. Raises `ApiError` 410 if they are no longer known."""
        if version < self._oldest:
            raise errors.expired(f"too old resource version: {version} ({self._oldest})")
        return [event for event in self._history if event.version > version]

    # --- writing

    def create(
        self,
        kind: Kind,
        obj: Object,
        *,
        manager: str = "",
        dry_run: bool = False,
        fields: ownership.Fields | None = None,
    ) -> Object:
        """Create an object; `fields` are its manager's, without what the server gave it. Raises
        `ApiError`.
        """
        made = self._prepared(kind, obj)
        metadata = made["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        if key in self._objects[kind]:
            raise errors.already_exists(kind, metadata["name"])
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.now()}
        if "spec" in made and kind.kind not in WITHOUT_GENERATION:
            metadata["generation"] = 1
        if manager:
            managed.own(
                made,
                manager,
                "Update",
                kind,
                ownership.fields_of(made) if fields is None else fields,
                now=self.now(),
            )
        if not dry_run:
            self._write(kind, key, made, None)
        return made

    def update(
        self,
        kind: Kind,
        obj: Object,
        *,
        subresource: str | None = None,
        manager: str = "",
        dry_run: bool = False,
        unowned: ownership.Fields = frozenset(),
    ) -> Object:
        """Replace an object, or the part that a subresource is. Raises `ApiError` 404 and 409."""
        metadata = obj["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        live = self.peek(kind, *key)
        given = metadata.get("resourceVersion")
        if given and given != live["metadata"]["resourceVersion"]:
            raise errors.modified(kind, metadata["name"])
        made = self._replaced(live, obj, subresource)
        if manager and not subresource:
            managed.own_changes(made, live, manager, kind, unowned, now=self.now())
        return self._finish(kind, key, made, live, dry_run)

    def mutate(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        change: Callable[[Object], None],
        *,
        subresource: str | None = None,
    ) -> Object:
        """A controller's read, change and write in one go; nothing is written if nothing changed."""
        live = self.peek(kind, namespace, name)
        obj = clone(live)
        change(obj)
        return live if obj == live else self.update(kind, obj, subresource=subresource)

    def apply(
        self,
        kind: Kind,
        obj: Object,
        *,
        manager: str,
        force: bool,
        dry_run: bool = False,
        fields: ownership.Fields | None = None,
        review: Callable[[Object, Object], object] | None = None,
    ) -> tuple[Object, bool]:
        """Server-side apply; returns the object and whether it is new. Raises `ApiError` 409 with the
        conflicts.

        `fields` are those that were applied, where `obj` has the server's defaults in it already; `review`
        looks at the merged object, and may fill it in, before it is stored.
        """
        metadata = obj["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        applied = ownership.fields_of(obj) if fields is None else fields
        live = self._objects[kind].get(key)
        if live is None:
            made = self.create(kind, obj, dry_run=True)
            managed.own(made, manager, "Apply", kind, applied, now=self.now())
            if not dry_run:
                self._write(kind, key, made, None)
            return made, True
        if metadata.get("uid", live["metadata"]["uid"]) != live["metadata"]["uid"]:
            raise errors.precondition(kind, metadata["name"], "UID", metadata["uid"], live["metadata"]["uid"])
        if (
            metadata.get("resourceVersion", live["metadata"]["resourceVersion"])
            != live["metadata"]["resourceVersion"]
        ):
            raise errors.modified(kind, metadata["name"])
        made = managed.applied_to(live, obj, applied, manager, force=force)
        if "status" in self._status_kinds(live) and "status" in live:
            made["status"] = clone(live["status"])
        if review is not None:
            review(made, live)
        managed.own(made, manager, "Apply", kind, applied, now=self.now())
        return self._finish(kind, key, made, live, dry_run), False

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
        """Delete an object; returns it and whether it is gone (finalizers and a pod's grace keep it).
        Raises `ApiError`.
        """
        live = self.peek(kind, namespace, name)
        for field, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            wanted = (preconditions or {}).get(field)
            if wanted and wanted != live["metadata"][field]:
                raise errors.precondition(kind, name, label, wanted, live["metadata"][field])
        key = (namespace or "", name)
        made = clone(live)
        if propagation == "Foreground":
            made["metadata"].setdefault("finalizers", []).append("foregroundDeletion")
        elif propagation == "Orphan":
            made["metadata"].setdefault("finalizers", []).append("orphan")
        waits = bool(made["metadata"].get("finalizers")) or bool(made.get("spec", {}).get("finalizers"))
        seconds = (
            grace if grace is not None else made.get("spec", {}).get("terminationGracePeriodSeconds", 30)
        )
        gracious = kind.kind == "Pod" and bool(made.get("spec", {}).get("nodeName")) and seconds > 0
        if dry_run:
            return made, not (waits or gracious)
        if not (waits or gracious):
            self._drop(kind, key)
            return live, True
        if "deletionTimestamp" not in made["metadata"]:
            made["metadata"]["deletionTimestamp"] = self.now()
            if kind.kind == "Pod":
                made["metadata"]["deletionGracePeriodSeconds"] = seconds
            if kind.kind == "Namespace":
                made["status"] = {**made.get("status", {}), "phase": "Terminating"}
            self._write(kind, key, made, live)
        return made, False

    def drop(self, kind: Kind, namespace: str | None, name: str) -> None:
        """Remove an object at once, as a kubelet does at the end of a pod's grace."""
        if self.has(kind, namespace, name):
            self._drop(kind, (namespace or "", name))

    # --- inside

    def _prepared(self, kind: Kind, obj: Object) -> Object:
        made = clone(obj)
        metadata = made.setdefault("metadata", {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = f"{metadata['generateName']}{uuid.uuid4().hex[:5]}"
        metadata.pop("managedFields", None)
        return {
            "kind": kind.kind,
            "apiVersion": kind.api_version,
            **{k: v for k, v in made.items() if k not in ("kind", "apiVersion")},
        }

    def _replaced(self, live: Object, obj: Object, subresource: str | None) -> Object:
        if subresource == "status":
            made = clone(live)
            made["status"] = clone(obj.get("status", {}))
            return made
        made = clone(obj)
        kept = (
            "uid",
            "creationTimestamp",
            "generation",
            "managedFields",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        )
        for field in kept:
            if field in live["metadata"]:
                made["metadata"][field] = clone(live["metadata"][field])
            else:
                made["metadata"].pop(field, None)
        made["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
        if subresource is None and "status" in live and "status" in self._status_kinds(live):
            made["status"] = clone(live["status"])
        return made

    def _status_kinds(self, live: Object) -> tuple[str, ...]:
        kind = self.registry.of(live["apiVersion"], live["kind"])
        return kind.subresources if kind else ()

    def _finish(self, kind: Kind, key: Key, made: Object, live: Object, dry_run: bool) -> Object:
        if "generation" in live["metadata"] and made.get("spec") != live.get("spec"):
            made["metadata"]["generation"] = live["metadata"]["generation"] + 1
        if made == live:
            return made
        if dry_run:
            return made
        finalizers = made["metadata"].get("finalizers") or made.get("spec", {}).get("finalizers")
        if "deletionTimestamp" in made["metadata"] and not finalizers and kind.kind != "Pod":
            self._drop(kind, key)
            return made
        self._write(kind, key, made, live)
        return made

    def _write(self, kind: Kind, key: Key, obj: Object, before: Object | None) -> None:
        self.resource_version += 1
        obj["metadata"]["resourceVersion"] = str(self.resource_version)
        stored = clone(obj)
        if key not in self._objects[kind]:
            self._sorted[kind].clear()
        self._index(kind, key, before, stored)
        self._objects[kind][key] = stored
        self.disowned |= "deletionTimestamp" in stored["metadata"] or "ownerReferences" in stored["metadata"]
        self._tell(Event(self.resource_version, MODIFIED if before else ADDED, kind, stored, before))

    def _drop(self, kind: Kind, key: Key) -> None:
        before = self._objects[kind].pop(key)
        self._sorted[kind].clear()
        self._index(kind, key, before, None)
        self.disowned = True
        self.resource_version += 1
        last = clone(before)
        last["metadata"]["resourceVersion"] = str(self.resource_version)
        self._tell(Event(self.resource_version, DELETED, kind, last, before))

    def _index(self, kind: Kind, key: Key, before: Object | None, after: Object | None) -> None:
        then = [each["uid"] for each in (before or {"metadata": {}})["metadata"].get("ownerReferences") or ()]
        now = [each["uid"] for each in (after or {"metadata": {}})["metadata"].get("ownerReferences") or ()]
        if then == now:
            return
        for uid in then:
            self._owned[uid].pop((kind, key), None)
            if not self._owned[uid]:
                del self._owned[uid]
        for uid in now:
            self._owned[uid][kind, key] = None

    def _tell(self, event: Event) -> None:
        if len(self._history) == HISTORY:
            self._oldest = self._history[0].version
        self._history.append(event)
        for subscription in list(self.subscriptions):
            if subscription.kinds is None or event.kind in subscription.kinds:
                subscription.queue.put_nowait(event)
