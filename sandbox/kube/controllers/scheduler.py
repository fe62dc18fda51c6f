"""The scheduler: a pod goes to a node that it fits, that has room for it, and is in the zone of its disks."""

from __future__ import annotations

import collections
from fractions import Fraction

from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.events import EventRecorder
from sandbox.kube.controllers.taints import fits
from sandbox.kube.objects import (
    Object,
    claim_names,
    is_live,
    is_ready,
    key_of,
    labels_of,
    phase_of,
    status_of,
)

RESOURCES = ("cpu", "memory")
Requests = dict[str, Fraction]
MISFIT = "node(s) didn't match Pod's node affinity/selector or had untolerated taints"


class _Usage:
    """What the pods of each node request, and how many pods a node has."""

    def __init__(self, pods: list[Object]) -> None:
        self.requests: dict[str, Requests] = collections.defaultdict(_no_requests)
        self.pods: dict[str, int] = collections.defaultdict(int)
        for pod in pods:
            if pod["spec"].get("nodeName") and phase_of(pod) not in ("Succeeded", "Failed"):
                self.add(pod["spec"]["nodeName"], pod)

    def add(self, node: str, pod: Object) -> None:
        _add_requests(self.requests[node], pod)
        self.pods[node] += 1

    def insufficient(self, node: Object, pod: Object) -> list[str]:
        """Return the resources of which a node has not enough left for a pod."""
        requests, used = _no_requests(), self.requests[node["metadata"]["name"]]
        _add_requests(requests, pod)
        allocatable = status_of(node).get("allocatable") or {}
        return [
            name
            for name in RESOURCES
            if name in allocatable
            and requests[name]
            and used[name] + requests[name] > number(allocatable[name])
        ]


class Scheduler(Controller):
    """Binds pods to nodes."""

    watches = frozenset({"Pod", "Node", "PersistentVolumeClaim", "PersistentVolume"})

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        registry = store.registry
        self._pods, self._nodes = registry.named("Pod"), registry.named("Node")
        self._claims = registry.named("PersistentVolumeClaim")
        self._volumes = registry.named("PersistentVolume")
        self._recorder = EventRecorder(store)

    def reconcile(self) -> None:
        """Make one pass over the pods that have no node yet."""
        unbound = [pod for pod in self._store.all_of(self._pods) if not pod["spec"].get("nodeName")]
        if not unbound:
            return
        nodes = [node for node in self._store.all_of(self._nodes) if is_ready(node)]
        usage = _Usage(self._store.all_of(self._pods))
        for pod in unbound:
            if not is_live(pod):
                continue
            node, message = self._choose(pod, nodes, usage)
            if node:
                usage.add(node, pod)
                self._bind(pod, node)
            else:
                self._report(pod, message)

    def _choose(self, pod: Object, nodes: list[Object], usage: _Usage) -> tuple[str, str]:
        """Return the node with the fewest pods among those that fit; else a message why there is none."""
        claims_missing = self._unbound_claims(pod)
        if claims_missing:
            return "", claims_missing
        zones = self._zones(pod)
        reasons: collections.Counter[str] = collections.Counter()
        candidates: list[tuple[int, str]] = []
        for node in nodes:
            obstacles = _obstacles(pod, node, zones, usage)
            reasons.update(obstacles)
            if not obstacles:
                name = node["metadata"]["name"]
                candidates.append((usage.pods[name], name))
        if candidates:
            return min(candidates)[1], ""
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        return "", f"0/{len(nodes)} nodes are available: {listed or 'no nodes'}."

    def _unbound_claims(self, pod: Object) -> str:
        for name in claim_names(pod):
            if not self._store.has(self._claims, pod["metadata"]["namespace"], name):
                return f'0/1 nodes are available: persistentvolumeclaim "{name}" not found.'
            claim = self._store.peek(self._claims, pod["metadata"]["namespace"], name)
            if phase_of(claim) != "Bound":
                return "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
        return ""

    def _zones(self, pod: Object) -> list[tuple[str, list[str]]]:
        """Return the node labels that the pod's volumes require, each with the values that do."""
        requirements: list[Object] = []
        for name in claim_names(pod):
            claim = self._store.peek(self._claims, pod["metadata"]["namespace"], name)
            volume = claim["spec"].get("volumeName", "")
            if volume and self._store.has(self._volumes, None, volume):
                affinity = self._store.peek(self._volumes, None, volume)["spec"].get("nodeAffinity") or {}
                for term in (affinity.get("required") or {}).get("nodeSelectorTerms") or []:
                    requirements += term.get("matchExpressions") or []
        return [(requirement["key"], requirement.get("values", [])) for requirement in requirements]

    def _bind(self, pod: Object, node: str) -> None:
        self._store.mutate(self._pods, *key_of(pod), lambda obj: obj["spec"].update(nodeName=node))

    def _report(self, pod: Object, message: str) -> None:
        self._recorder.warn(pod, "FailedScheduling", message, "default-scheduler")
        conditions = status_of(pod).get("conditions") or []
        scheduled = [condition for condition in conditions if condition["type"] == "PodScheduled"]
        old = scheduled[0] if scheduled else {}
        if old.get("message") == message:
            return
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastTransitionTime": old.get("lastTransitionTime", self._store.now()),
        }
        unrelated = [condition for condition in conditions if condition not in scheduled]
        self._store.set_status(self._pods, pod, {**status_of(pod), "conditions": [*unrelated, condition]})


def _obstacles(pod: Object, node: Object, zones: list[tuple[str, list[str]]], usage: _Usage) -> list[str]:
    if not fits(pod["spec"], node):
        return [MISFIT]
    if any(labels_of(node).get(key) not in values for key, values in zones):
        return ["node(s) had volume node affinity conflict"]
    return [f"Insufficient {resource}" for resource in usage.insufficient(node, pod)]


def _no_requests() -> Requests:
    return dict.fromkeys(RESOURCES, Fraction(0))


def _add_requests(total: Requests, pod: Object) -> None:
    for container in pod["spec"]["containers"]:
        requests = (container.get("resources") or {}).get("requests") or {}
        for name in RESOURCES:
            if name in requests:
                total[name] += number(requests[name])
