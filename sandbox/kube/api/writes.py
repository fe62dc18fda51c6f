"""The way of a write: checked, defaulted, admitted, given what is allocated, and stored, in this order.

Requests and controllers go the same way, so that what a quota or a webhook forbids, it forbids to both.
"""

from __future__ import annotations

from typing import Any

from sandbox.kube.api import defaults, definitions, errors, immutable, ownership, services, validation
from sandbox.kube.api.admission import Admission
from sandbox.kube.api.clone import clone
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]


class Writer:
    """Writes objects as an API server does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._admission = Admission(store)

    def create(self, kind: Kind, obj: Object, *, manager: str = "", dry_run: bool = False) -> Object:
        """Create an object. Raises `ApiError`."""
        self._prepare(kind, obj)
        self._admission.create(kind, obj, dry_run=dry_run)
        fields = ownership.fields_of({"kind": kind.kind, **obj})
        self._allocate(kind, obj, None)
        made = self._store.create(kind, obj, manager=manager, dry_run=dry_run, fields=fields)
        self._serve(kind, made, dry_run)
        return made

    def update(
        self, kind: Kind, obj: Object, *, subresource: str = "", manager: str = "", dry_run: bool = False
    ) -> Object:
        """Replace an object, or the part that a subresource is. Raises `ApiError`."""
        if subresource:
            return self._store.update(kind, obj, subresource=subresource, manager=manager, dry_run=dry_run)
        live = self._store.peek(kind, obj["metadata"].get("namespace"), obj["metadata"]["name"])
        version = obj["metadata"].get("resourceVersion")
        if version and version != live["metadata"]["resourceVersion"]:
            raise errors.modified(kind, obj["metadata"]["name"])
        given = obj["metadata"].get("uid")
        if given and given != live["metadata"]["uid"]:
            raise errors.precondition(kind, obj["metadata"]["name"], "UID", given, live["metadata"]["uid"])
        unowned = self._review(kind, obj, live, dry_run)
        made = self._store.update(kind, obj, manager=manager, dry_run=dry_run, unowned=unowned)
        self._serve(kind, made, dry_run)
        return made

    def apply(
        self, kind: Kind, obj: Object, *, manager: str, force: bool, dry_run: bool = False
    ) -> tuple[Object, bool]:
        """Server-side apply; returns the object and whether it is new. Raises `ApiError`."""
        metadata = obj["metadata"]
        fields = ownership.fields_of({"kind": kind.kind, **obj})
        there = self._store.has(kind, metadata.get("namespace"), metadata["name"])
        if not there and metadata.get("uid"):
            raise errors.nobody_of_uid(kind, metadata["name"], metadata["uid"])
        if there:
            made, created = self._store.apply(
                kind,
                obj,
                manager=manager,
                force=force,
                dry_run=dry_run,
                fields=fields,
                review=lambda new, live: self._review(kind, new, live, dry_run),
            )
        else:
            self._prepare(kind, obj)
            self._admission.create(kind, obj, dry_run=dry_run)
            self._allocate(kind, obj, None)
            made, created = self._store.apply(
                kind, obj, manager=manager, force=force, dry_run=dry_run, fields=fields
            )
        self._serve(kind, made, dry_run)
        return made, created

    def admit_deletion(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Let webhooks see a deletion. Raises `ApiError`."""
        self._admission.delete(kind, obj, dry_run=dry_run)

    def _prepare(self, kind: Kind, obj: Object) -> None:
        metadata = obj.setdefault("metadata", {})
        name = metadata.get("name") or f"{metadata.get('generateName', '')}x"
        if kind.namespaced:
            home = self._store.peek(self._store.registry.named("Namespace"), None, metadata["namespace"])
            if home.get("status", {}).get("phase") == "Terminating":
                raise errors.terminating(kind, name, metadata["namespace"])
        validation.check(
            kind, obj if metadata.get("name") else {**obj, "metadata": {**metadata, "name": name}}
        )
        defaults.fill(kind, obj)

    def _review(self, kind: Kind, obj: Object, live: Object, dry_run: bool) -> ownership.Fields:
        """Check a changed object and fill it in; the fields that the server itself gave it belong to
        nobody.
        """
        defaults.refill(kind, obj)
        validation.check_changed(kind, obj)
        immutable.check(kind, obj, live)
        self._admission.update(kind, obj, dry_run=dry_run)
        if kind.kind != "Service":
            return frozenset()
        before = ownership.fields_of(clone(obj))
        self._allocate(kind, obj, live)
        return ownership.fields_of(obj) - before

    def _allocate(self, kind: Kind, obj: Object, old: Object | None) -> None:
        if kind.kind == "Service":
            services.allocate(kind, obj, self._store.all_of(kind), old)

    def _serve(self, kind: Kind, made: Object, dry_run: bool) -> None:
        if kind.kind == "CustomResourceDefinition" and not dry_run:
            definitions.serve(self._store, kind, made)
