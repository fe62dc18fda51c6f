"""PodDisruptionBudgets, HorizontalPodAutoscalers and ResourceQuotas: what they say of the objects they
are about.
"""

from __future__ import annotations

import math
from fractions import Fraction

from sandbox.kube.api.admission.quota import used_in
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.quantities import text
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.owned_pods import Object, is_live, is_ready, selected


class Budgets:
    """The disruption controller."""

    watches = frozenset({"PodDisruptionBudget", "Pod", "Deployment", "StatefulSet", "ReplicaSet"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kind, self._pods = store.registry.named("PodDisruptionBudget"), store.registry.named("Pod")

    def sync(self) -> None:
        """Look at every budget once."""
        for budget in self._store.all_of(self._kind):
            if is_live(budget):
                self._one(budget)

    def _one(self, budget: Object) -> None:
        spec, namespace = budget["spec"], budget["metadata"]["namespace"]
        pods = [
            pod
            for pod in self._store.all_of(self._pods, namespace)
            if selected(spec.get("selector") or {}, pod)
        ]
        healthy = sum(is_live(pod) and is_ready(pod) for pod in pods)
        expected = self._expected(pods)
        if "maxUnavailable" in spec:
            desired = max(0, expected - _share(spec["maxUnavailable"], expected))
        else:
            desired = _share(spec.get("minAvailable", 1), expected)
        allowed = max(0, healthy - desired) if pods else 0
        now = (budget.get("status") or {}).get("conditions") or [{}]
        good = "True" if allowed else "False"
        since = now[0].get("lastTransitionTime") if now[0].get("status") == good else None
        condition = {
            "type": "DisruptionAllowed",
            "status": good,
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
            "lastTransitionTime": since or self._store.now(),
            "observedGeneration": budget["metadata"].get("generation", 1),
        }
        status = {
            "observedGeneration": budget["metadata"].get("generation", 1),
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [condition],
        }
        _report(self._store, self._kind, budget, status)

    def _expected(self, pods: list[Object]) -> int:
        """The scale of the controllers behind the pods; a bare pod counts for itself."""
        total, seen = 0, set()
        for pod in pods:
            owner = next(
                (ref for ref in pod["metadata"].get("ownerReferences") or [] if ref.get("controller")), None
            )
            if owner is None:
                total += 1
            elif owner["uid"] not in seen:
                seen.add(owner["uid"])
                kind = self._store.registry.of(owner["apiVersion"], owner["kind"])
                if kind and self._store.has(kind, pod["metadata"]["namespace"], owner["name"]):
                    found = self._store.peek(kind, pod["metadata"]["namespace"], owner["name"])
                    total += found["spec"].get("replicas", 1)
        return total


class Scalers:
    """The HPA controller: the target stays between the least and the most; there is no load to follow."""

    watches = frozenset({"HorizontalPodAutoscaler", "Deployment", "StatefulSet"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kind = store.registry.named("HorizontalPodAutoscaler")

    def sync(self) -> None:
        """Look at every autoscaler once."""
        for scaler in self._store.all_of(self._kind):
            if is_live(scaler):
                self._one(scaler)

    def _one(self, scaler: Object) -> None:
        spec, namespace = scaler["spec"], scaler["metadata"]["namespace"]
        target = spec["scaleTargetRef"]
        kind = self._store.registry.of(target.get("apiVersion", "apps/v1"), target["kind"])
        if kind is None or not self._store.has(kind, namespace, target["name"]):
            self._say(scaler, 0, 0, able="FailedGetScale", active="")
            return
        now = self._store.peek(kind, namespace, target["name"])["spec"].get("replicas", 1)
        if now == 0:
            self._say(scaler, 0, 0, able="SucceededGetScale", active="ScalingDisabled")
            return
        wanted = min(max(now, spec.get("minReplicas", 1)), spec["maxReplicas"])
        if wanted != now:
            self._store.mutate(
                kind, namespace, target["name"], lambda obj: obj["spec"].update(replicas=wanted)
            )
        self._say(scaler, now, wanted, able="ReadyForNewScale", active="ValidMetricFound")

    def _say(self, scaler: Object, now: int, wanted: int, *, able: str, active: str) -> None:
        old = {each["type"]: each for each in (scaler.get("status") or {}).get("conditions") or []}
        conditions = []
        for name, reason, good in (
            ("AbleToScale", able, able != "FailedGetScale"),
            ("ScalingActive", active or "FailedGetScale", active == "ValidMetricFound"),
        ):
            status = "True" if good else "False"
            same = old.get(name, {}).get("status") == status
            since = old[name]["lastTransitionTime"] if same else self._store.now()
            conditions.append(
                {"type": name, "status": status, "reason": reason, "message": "", "lastTransitionTime": since}
            )
        status_ = {"currentReplicas": now, "desiredReplicas": wanted, "conditions": conditions}
        _report(self._store, self._kind, scaler, status_)


class Quotas:
    """The quota controller: how much of each resource is used."""

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
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kind = store.registry.named("ResourceQuota")

    def sync(self) -> None:
        """Look at every quota once."""
        for quota in self._store.all_of(self._kind):
            hard = quota["spec"].get("hard") or {}
            used = used_in(self._store, quota["metadata"]["namespace"], set(hard))
            shown = {name: text(used.get(name, Fraction(0)), str(hard[name])) for name in sorted(hard)}
            _report(self._store, self._kind, quota, {"hard": dict(hard), "used": shown})


def _share(value: object, of: int) -> int:
    """A number or a percentage, rounded up."""
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * of / 100)
    return int(str(value))


def _report(store: Store, kind: Kind, obj: Object, status: Object) -> None:
    if obj.get("status") != status:
        store.mutate(
            kind,
            obj["metadata"]["namespace"],
            obj["metadata"]["name"],
            lambda found: found.update(status=status),
            subresource="status",
        )
