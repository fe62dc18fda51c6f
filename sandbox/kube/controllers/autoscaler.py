"""HorizontalPodAutoscalers: the target stays between the minimum and the maximum; no load is measured."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import Object, is_live, status_of


class HorizontalPodAutoscalerController(Controller):
    """Scales the targets of HorizontalPodAutoscalers and writes their status."""

    watches = frozenset({"HorizontalPodAutoscaler", "Deployment", "StatefulSet"})

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._kind = store.registry.named("HorizontalPodAutoscaler")

    def reconcile(self) -> None:
        """Make one pass over the autoscalers."""
        for autoscaler in self._store.all_of(self._kind):
            if is_live(autoscaler):
                self._store.set_status(self._kind, autoscaler, self._reconcile(autoscaler))

    def _reconcile(self, autoscaler: Object) -> Object:
        """Scale the target, and return the new status."""
        spec, namespace = autoscaler["spec"], autoscaler["metadata"]["namespace"]
        target = spec["scaleTargetRef"]
        kind = self._store.registry.of(target.get("apiVersion", "apps/v1"), target["kind"])
        if kind is None or not self._store.has(kind, namespace, target["name"]):
            return self._status(autoscaler, 0, 0, reasons=("FailedGetScale", "FailedGetScale"))
        current = self._store.peek(kind, namespace, target["name"])["spec"].get("replicas", 1)
        if current == 0:
            return self._status(autoscaler, 0, 0, reasons=("SucceededGetScale", "ScalingDisabled"))
        desired = min(max(current, spec.get("minReplicas", 1)), spec["maxReplicas"])
        if desired != current:
            self._store.mutate(
                kind, namespace, target["name"], lambda obj: obj["spec"].update(replicas=desired)
            )
        return self._status(autoscaler, current, desired, reasons=("ReadyForNewScale", "ValidMetricFound"))

    def _status(self, autoscaler: Object, current: int, desired: int, *, reasons: tuple[str, str]) -> Object:
        """Return a status whose conditions AbleToScale and ScalingActive have these reasons."""
        old = {condition["type"]: condition for condition in status_of(autoscaler).get("conditions") or []}
        able, active = reasons
        conditions = []
        for type_, reason, is_true in (
            ("AbleToScale", able, able != "FailedGetScale"),
            ("ScalingActive", active, active == "ValidMetricFound"),
        ):
            status = "True" if is_true else "False"
            same = old.get(type_, {}).get("status") == status
            since = old[type_]["lastTransitionTime"] if same else self._store.now()
            conditions.append(
                {
                    "type": type_,
                    "status": status,
                    "reason": reason,
                    "message": "",
                    "lastTransitionTime": since,
                }
            )
        return {"currentReplicas": current, "desiredReplicas": desired, "conditions": conditions}
