"""Admission: plugins that complete or refuse what is to be written, in the light of other objects.

https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from __future__ import annotations

from sandbox.kube.api.admission import (
    default_class,
    limit_ranger,
    priority,
    resource_quota,
    service_account,
    webhooks,
)
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object


class Admission:
    """The admission plugins of one server, in their order."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Admit a new object, completing it. Raises `ApiError`."""
        priority.admit(self._store, kind, obj)
        service_account.admit(self._store, kind, obj)
        default_class.admit(self._store, kind, obj)
        limit_ranger.admit(self._store, kind, obj)
        webhooks.admit(self._store, kind, obj, "CREATE", dry_run=dry_run)
        resource_quota.admit(self._store, kind, obj)

    def update(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Admit an updated object. Raises `ApiError`."""
        webhooks.admit(self._store, kind, obj, "UPDATE", dry_run=dry_run)

    def delete(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Admit a deletion. Raises `ApiError`."""
        webhooks.admit(self._store, kind, obj, "DELETE", dry_run=dry_run)
