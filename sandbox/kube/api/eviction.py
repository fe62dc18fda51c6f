"""Evictions: a pod goes if the PodDisruptionBudget that selects it allows a disruption.

https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from __future__ import annotations

from sandbox.kube.api import selectors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, is_ready, key_of, labels_of, phase_of, status_of


def evict(store: Store, namespace: str, name: str, eviction: Object, *, dry_run: bool) -> None:
    """Evict a pod. Raises `ApiError` 404, 429 and 500."""
    pods, budgets = store.registry.named("Pod"), store.registry.named("PodDisruptionBudget")
    pod = store.peek(pods, namespace, name)
    options = eviction.get("deleteOptions") or {}
    dry_run = dry_run or options.get("dryRun") == ["All"]
    disruptive = is_ready(pod) and phase_of(pod) not in ("Succeeded", "Failed", "Pending")
    selecting = [
        budget
        for budget in store.all_of(budgets, namespace)
        if disruptive and selectors.matches(budget["spec"].get("selector"), labels_of(pod))
    ]
    if len(selecting) > 1:
        why = (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
        raise ApiError(500, "InternalError", why)
    for budget in selecting:
        status = status_of(budget)
        allowed = status.get("disruptionsAllowed", 0)
        if allowed < 1:
            raise _refusal(budget)
        if not dry_run:
            store.set_status(budgets, budget, {**status, "disruptionsAllowed": allowed - 1})
    grace = options.get("gracePeriodSeconds")
    store.delete(
        pods, namespace, name, preconditions=options.get("preconditions"), grace=grace, dry_run=dry_run
    )


def _refusal(budget: Object) -> ApiError:
    status, (_, name) = status_of(budget), key_of(budget)
    desired, current = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    why = f"The disruption budget {name} needs {desired} healthy pods and has {current} currently"
    return ApiError(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        details={"causes": [{"reason": "DisruptionBudget", "message": why}]},
    )
