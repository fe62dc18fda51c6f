"""ResourceQuotas: how much of each resource a namespace uses."""

from __future__ import annotations

from fractions import Fraction

from sandbox.kube.api.admission.resource_quota import used_in
from sandbox.kube.api.quantities import text
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller


class ResourceQuotaController(Controller):
    """Writes the status of ResourceQuotas."""

    watches = frozenset(
        {
            "ResourceQuota",
            "Pod",
            "Service",
            "Secret",
            "ConfigMap",
            "PersistentVolumeClaim",
            "Deployment",
            "Job",
        }
    )

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._kind = store.registry.named("ResourceQuota")

    def reconcile(self) -> None:
        """Make one pass over the quotas."""
        for quota in self._store.all_of(self._kind):
            hard = quota["spec"].get("hard") or {}
            used = used_in(self._store, quota["metadata"]["namespace"], set(hard))
            quantities = {name: text(used.get(name, Fraction(0)), str(hard[name])) for name in sorted(hard)}
            self._store.set_status(self._kind, quota, {"hard": dict(hard), "used": quantities})
