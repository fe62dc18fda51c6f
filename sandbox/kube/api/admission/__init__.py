"""Admission: what is filled in from other objects when something is created, and what forbids it."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api.admission import accounts, classes, limits, quota, webhooks
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]


class Admission:
    """The admission plugins of one server, in their order."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Admit a new object, filling it in. Raises `ApiError`."""
        accounts.admit(self._store, kind, obj)
        classes.admit(self._store, kind, obj)
        limits.admit(self._store, kind, obj)
        webhooks.admit(self._store, kind, obj, "CREATE", dry_run=dry_run)
        quota.admit(self._store, kind, obj)

    def update(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Admit a changed object. Raises `ApiError`."""
        webhooks.admit(self._store, kind, obj, "UPDATE", dry_run=dry_run)

    def delete(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Admit a deletion. Raises `ApiError`."""
        webhooks.admit(self._store, kind, obj, "DELETE", dry_run=dry_run)
