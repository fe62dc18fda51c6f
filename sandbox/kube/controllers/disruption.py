"""PodDisruptionBudgets: how many of the pods that they select may be evicted just now."""

from __future__ import annotations

import math

from sandbox.kube.api import selectors
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import Object, is_live, is_ready, key_of, labels_of, status_of


class DisruptionController(Controller):
    """Writes the status of PodDisruptionBudgets, which evictions read."""

    watches = frozenset({"PodDisruptionBudget", "Pod", "Deployment", "StatefulSet", "ReplicaSet"})

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._kind, self._pods = store.registry.named("PodDisruptionBudget"), store.registry.named("Pod")

    def reconcile(self) -> None:
        """Make one pass over the budgets."""
        for budget in self._store.all_of(self._kind):
            if is_live(budget):
                self._store.set_status(self._kind, budget, self._status(budget))

    def _status(self, budget: Object) -> Object:
        spec = budget["spec"]
        pods = [
            pod
            for pod in self._store.all_of(self._pods, budget["metadata"]["namespace"])
            if selectors.matches(spec.get("selector") or {}, labels_of(pod))
        ]
        healthy = sum(is_live(pod) and is_ready(pod) for pod in pods)
        expected = self._expected(pods)
        if "maxUnavailable" in spec:
            desired = max(0, expected - _share(spec["maxUnavailable"], expected))
        else:
            desired = _share(spec.get("minAvailable", 1), expected)
        allowed = max(0, healthy - desired) if pods else 0
        return {
            "observedGeneration": budget["metadata"].get("generation", 1),
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [self._condition(budget, allowed > 0)],
        }

    def _condition(self, budget: Object, allowed: bool) -> Object:
        old = (status_of(budget).get("conditions") or [{}])[0]
        status = "True" if allowed else "False"
        since = old.get("lastTransitionTime") if old.get("status") == status else None
        return {
            "type": "DisruptionAllowed",
            "status": status,
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
            "lastTransitionTime": since or self._store.now(),
            "observedGeneration": budget["metadata"].get("generation", 1),
        }

    def _expected(self, pods: list[Object]) -> int:
        """Return the scale of the controllers behind the pods; a bare pod counts for itself."""
        total, owners = 0, {}
        for pod in pods:
            references = pod["metadata"].get("ownerReferences") or []
            owner = next((reference for reference in references if reference.get("controller")), None)
            if owner is None:
                total += 1
            else:
                owners[owner["uid"]] = (owner, key_of(pod)[0])
        for owner, namespace in owners.values():
            kind = self._store.registry.of(owner["apiVersion"], owner["kind"])
            if kind and self._store.has(kind, namespace, owner["name"]):
                total += self._store.peek(kind, namespace, owner["name"])["spec"].get("replicas", 1)
        return total


def _share(value: object, total: int) -> int:
    """Return a number as it is, and a percentage of the total rounded up."""
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * total / 100)
    return int(str(value))
