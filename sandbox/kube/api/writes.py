"""The path of a write: validated, defaulted, admitted, given what is allocated, and stored, in this order.

Requests and controllers take the same path, so that what a quota or a webhook forbids, it forbids to both.
"""

from __future__ import annotations

from sandbox.kube.api import (
    custom_resources,
    defaults,
    errors,
    field_paths,
    immutable_fields,
    service_allocation,
    validation,
)
from sandbox.kube.api.admission import Admission
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, clone, key_of, phase_of


class Writer:
    """Writes the objects of one cluster."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._admission = Admission(store)

    def create(self, kind: Kind, obj: Object, *, manager: str = "", dry_run: bool = False) -> Object:
        """Create an object. Raises `ApiError`."""
        self._prepare(kind, obj)
        self._admission.create(kind, obj, dry_run=dry_run)
        fields = field_paths.fields_of({"kind": kind.kind, **obj})
        self._allocate(kind, obj, None)
        created = self._store.create(kind, obj, manager=manager, dry_run=dry_run, fields=fields)
        self._register(kind, created, dry_run=dry_run)
        return created

    def update(
        self, kind: Kind, obj: Object, *, subresource: str = "", manager: str = "", dry_run: bool = False
    ) -> Object:
        """Replace an object, or the part of it that a subresource is. Raises `ApiError`."""
        if subresource:
            return self._store.update(kind, obj, subresource=subresource, manager=manager, dry_run=dry_run)
        live = self._store.peek(kind, *key_of(obj))
        metadata, actual = obj["metadata"], live["metadata"]
        if metadata.get("resourceVersion") not in (None, "", actual["resourceVersion"]):
            raise errors.modified(kind, metadata["name"])
        uid = metadata.get("uid")
        if uid and uid != actual["uid"]:
            raise errors.precondition(kind, metadata["name"], "UID", expected=uid, actual=actual["uid"])
        unowned = self._review(kind, obj, live, dry_run=dry_run)
        updated = self._store.update(kind, obj, manager=manager, dry_run=dry_run, unowned=unowned)
        self._register(kind, updated, dry_run=dry_run)
        return updated

    def apply(
        self, kind: Kind, obj: Object, *, manager: str, force: bool, dry_run: bool = False
    ) -> tuple[Object, bool]:
        """Apply an object on the server's side; return it and whether it is new. Raises `ApiError`."""
        metadata = obj["metadata"]
        fields = field_paths.fields_of({"kind": kind.kind, **obj})
        if not self._store.has(kind, *key_of(obj)):
            if metadata.get("uid"):
                raise errors.no_object_of_uid(kind, metadata["name"], metadata["uid"])
            self._prepare(kind, obj)
            self._admission.create(kind, obj, dry_run=dry_run)
            self._allocate(kind, obj, None)
        applied, is_new = self._store.apply(
            kind,
            obj,
            manager=manager,
            force=force,
            dry_run=dry_run,
            fields=fields,
            review=lambda merged, live: self._review(kind, merged, live, dry_run=dry_run),
        )
        self._register(kind, applied, dry_run=dry_run)
        return applied, is_new

    def admit_deletion(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Let webhooks decide about a deletion. Raises `ApiError`."""
        self._admission.delete(kind, obj, dry_run=dry_run)

    def _prepare(self, kind: Kind, obj: Object) -> None:
        metadata = obj.setdefault("metadata", {})
        name = metadata.get("name") or f"{metadata.get('generateName', '')}x"
        if kind.namespaced:
            namespaces = self._store.registry.named("Namespace")
            if phase_of(self._store.peek(namespaces, None, metadata["namespace"])) == "Terminating":
                raise errors.terminating(kind, name, metadata["namespace"])
        validation.check(kind, {**obj, "metadata": {**metadata, "name": name}})
        defaults.fill(kind, obj)

    def _review(self, kind: Kind, obj: Object, live: Object, *, dry_run: bool) -> field_paths.Fields:
        """Validate and complete an updated object; return the fields that the server set, which belong to
        no manager.
        """
        defaults.refill(kind, obj)
        validation.check_update(kind, obj)
        immutable_fields.check(kind, obj, live)
        self._admission.update(kind, obj, dry_run=dry_run)
        if kind.kind != "Service":
            return frozenset()
        before = field_paths.fields_of(clone(obj))
        self._allocate(kind, obj, live)
        return field_paths.fields_of(obj) - before

    def _allocate(self, kind: Kind, obj: Object, old: Object | None) -> None:
        if kind.kind == "Service":
            service_allocation.allocate(kind, obj, self._store.all_of(kind), old)

    def _register(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        if kind.kind == "CustomResourceDefinition" and not dry_run:
            custom_resources.serve(self._store, kind, obj)
