"""The scheduler: a pod goes to a node that it fits, has room for it, and is in the zone of its disks."""

from __future__ import annotations

import collections
from fractions import Fraction

from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.events import Recorder
from sandbox.kube.controllers.owned_pods import Object, fits

RESOURCES = ("cpu", "memory")
OVER = frozenset({"Succeeded", "Failed"})


class Scheduler:
    """Places pods that have no node."""

    watches = frozenset({"Pod", "Node", "PersistentVolumeClaim", "PersistentVolume"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        registry = store.registry
        self._pods, self._nodes = registry.named("Pod"), registry.named("Node")
        self._claims, self._volumes = (
            registry.named("PersistentVolumeClaim"),
            registry.named("PersistentVolume"),
        )
        self._recorder = Recorder(store)

    def sync(self) -> None:
        """Look at every pod without a node once."""
        waiting = [pod for pod in self._store.all_of(self._pods) if not pod["spec"].get("nodeName")]
        if not waiting:
            return
        nodes = [node for node in self._store.all_of(self._nodes) if _is_ready(node)]
        used, pods = self._used()
        for pod in waiting:
            if pod["metadata"].get("deletionTimestamp"):
                continue
            chosen, why = self._choose(pod, nodes, used, pods)
            if chosen:
                _add(used[chosen], pod)
                pods[chosen] += 1
                self._place(pod, chosen)
            else:
                self._report(pod, why)

    def _used(self) -> tuple[dict[str, dict[str, Fraction]], dict[str, int]]:
        used: dict[str, dict[str, Fraction]] = collections.defaultdict(
            lambda: dict.fromkeys(RESOURCES, Fraction(0))
        )
        pods: dict[str, int] = collections.defaultdict(int)
        for pod in self._store.all_of(self._pods):
            node = pod["spec"].get("nodeName")
            if node and pod.get("status", {}).get("phase") not in OVER:
                _add(used[node], pod)
                pods[node] += 1
        return used, pods

    def _choose(
        self, pod: Object, nodes: list[Object], used: dict[str, dict[str, Fraction]], pods: dict[str, int]
    ) -> tuple[str, str]:
        """The node with the fewest pods among those that fit; else why there is none."""
        missing = self._unbound(pod)
        if missing:
            return "", missing
        zones = self._zones(pod)
        reasons: collections.Counter[str] = collections.Counter()
        found: list[tuple[int, str]] = []
        for node in nodes:
            name = node["metadata"]["name"]
            if not fits(pod["spec"], node):
                reasons["node(s) didn't match Pod's node affinity/selector or had untolerated taints"] += 1
            elif any(node["metadata"].get("labels", {}).get(key) not in values for key, values in zones):
                reasons["node(s) had volume node affinity conflict"] += 1
            else:
                lacking = _lacking(pod, node, used[name])
                reasons.update(f"Insufficient {each}" for each in lacking)
                if not lacking:
                    found.append((pods[name], name))
        if found:
            return min(found)[1], ""
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        return "", f"0/{len(nodes)} nodes are available: {listed or 'no nodes'}."

    def _unbound(self, pod: Object) -> str:
        for volume in pod["spec"].get("volumes") or []:
            name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            if not name:
                continue
            if not self._store.has(self._claims, pod["metadata"]["namespace"], name):
                return f'0/1 nodes are available: persistentvolumeclaim "{name}" not found.'
            claim = self._store.peek(self._claims, pod["metadata"]["namespace"], name)
            if (claim.get("status") or {}).get("phase") != "Bound":
                return "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
        return ""

    def _zones(self, pod: Object) -> list[tuple[str, list[str]]]:
        found = []
        for volume in pod["spec"].get("volumes") or []:
            name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            claim = self._store.peek(self._claims, pod["metadata"]["namespace"], name) if name else None
            bound = claim["spec"].get("volumeName", "") if claim else ""
            if bound and self._store.has(self._volumes, None, bound):
                affinity = self._store.peek(self._volumes, None, bound)["spec"].get("nodeAffinity") or {}
                for term in (affinity.get("required") or {}).get("nodeSelectorTerms") or []:
                    found += [
                        (each["key"], each.get("values", [])) for each in term.get("matchExpressions") or []
                    ]
        return found

    def _place(self, pod: Object, node: str) -> None:
        at = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self._store.mutate(self._pods, *at, lambda obj: obj["spec"].update(nodeName=node))

    def _report(self, pod: Object, why: str) -> None:
        self._recorder.warn(pod, "FailedScheduling", why, "default-scheduler")
        conditions = pod.get("status", {}).get("conditions") or []
        known: Object = next((each for each in conditions if each["type"] == "PodScheduled"), {})
        if known.get("message") == why:
            return
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": why,
            "lastTransitionTime": known.get("lastTransitionTime", self._store.now()),
        }
        rest = [each for each in conditions if each["type"] != "PodScheduled"]
        self._store.mutate(
            self._pods,
            pod["metadata"]["namespace"],
            pod["metadata"]["name"],
            lambda obj: obj["status"].update(conditions=[*rest, condition]),
            subresource="status",
        )


def _add(used: dict[str, Fraction], pod: Object) -> None:
    for container in pod["spec"]["containers"]:
        requests = (container.get("resources") or {}).get("requests") or {}
        for name in RESOURCES:
            if name in requests:
                used[name] += number(requests[name])


def _lacking(pod: Object, node: Object, used: dict[str, Fraction]) -> list[str]:
    asked = dict.fromkeys(RESOURCES, Fraction(0))
    _add(asked, pod)
    room = (node.get("status") or {}).get("allocatable") or {}
    return [
        name
        for name in RESOURCES
        if name in room and asked[name] and used[name] + asked[name] > number(room[name])
    ]


def _is_ready(node: Object) -> bool:
    return any(
        c["type"] == "Ready" and c["status"] == "True"
        for c in (node.get("status") or {}).get("conditions", [])
    )
