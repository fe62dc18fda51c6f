"""Evictions: a pod goes if every PodDisruptionBudget that selects it lets it."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api import selectors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.store import Store

Object = dict[str, Any]


def evict(store: Store, namespace: str, name: str, body: Object, *, dry_run: bool) -> None:
    """Evict a pod. Raises `ApiError` 404, 429 and 500."""
    pods, budgets = store.registry.named("Pod"), store.registry.named("PodDisruptionBudget")
    pod = store.peek(pods, namespace, name)
    options = body.get("deleteOptions") or {}
    dry = dry_run or options.get("dryRun") == ["All"]
    ready = any(
        c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", [])
    )
    counted = ready and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed", "Pending")
    mine = [
        budget
        for budget in store.all_of(budgets, namespace)
        if counted
        and selectors.matches(budget["spec"].get("selector") or {}, pod["metadata"].get("labels") or {})
    ]
    if len(mine) > 1:
        why = (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
        raise ApiError(500, "InternalError", why)
    for budget in mine:
        status = budget.get("status") or {}
        if status.get("disruptionsAllowed", 0) < 1:
            raise _refused(budget, status)
        if not dry:
            left = status["disruptionsAllowed"] - 1

            def spend(obj: Object, left: int = left) -> None:
                obj["status"]["disruptionsAllowed"] = left

            store.mutate(budgets, namespace, budget["metadata"]["name"], spend, subresource="status")
    grace = options.get("gracePeriodSeconds")
    store.delete(pods, namespace, name, preconditions=options.get("preconditions"), grace=grace, dry_run=dry)


def _refused(budget: Object, status: Object) -> ApiError:
    name, needs, has = (
        budget["metadata"]["name"],
        status.get("desiredHealthy", 0),
        status.get("currentHealthy", 0),
    )
    why = f"The disruption budget {name} needs {needs} healthy pods and has {has} currently"
    return ApiError(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        details={"causes": [{"reason": "DisruptionBudget", "message": why}]},
    )
