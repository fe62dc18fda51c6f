"""DaemonSets, Deployments and ReplicaSets: pods are made, counted, and removed with their owners."""

from __future__ import annotations

from bot.sandbox.kube.api.store import Store
from bot.sandbox.kube.controllers.owning import Object, Pods, fits, is_live, is_ready, reference


class Workloads:
    """Makes pods of DaemonSets, and of Deployments through ReplicaSets."""

    watches = frozenset({"DaemonSet", "Deployment", "ReplicaSet", "Pod", "Node"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        registry = store.registry
        self._nodes = registry.named("Node")
        self._pods = Pods(store)
        self._daemon_sets, self._deployments = registry.named("DaemonSet"), registry.named("Deployment")
        self._replica_sets = registry.named("ReplicaSet")

    def sync(self) -> None:
        """Look at every workload once."""
        for daemon_set in self._store.all_of(self._daemon_sets):
            self._daemon_set(daemon_set)
        for deployment in self._store.all_of(self._deployments):
            self._deployment(deployment)
        for replica_set in self._store.all_of(self._replica_sets):
            self._replica_set(replica_set)

    def _daemon_set(self, daemon_set: Object) -> None:
        spec = daemon_set["spec"]["template"]["spec"]
        current = self._pods.revision(daemon_set)
        wanted = [n["metadata"]["name"] for n in self._store.all_of(self._nodes) if fits(spec, n, daemon=True)]
        pods = self._pods.of(daemon_set)
        placed = {pod["spec"].get("nodeName"): pod for pod in pods if is_live(pod)}
        for node in wanted:
            if node not in placed:
                self._pods.make(daemon_set, labels={"controller-revision-hash": current}, node=node)
        for pod in pods:
            node = pod["spec"].get("nodeName")
            stale = pod["metadata"]["labels"].get("controller-revision-hash") != current
            if (node not in wanted or stale) and is_live(pod):
                self._pods.delete(pod)
        live = [pod for pod in self._pods.of(daemon_set) if is_live(pod)]
        ready = sum(is_ready(pod) for pod in live)
        status = {
            "observedGeneration": daemon_set["metadata"]["generation"], "desiredNumberScheduled": len(wanted),
            "currentNumberScheduled": len(live), "numberReady": ready, "numberAvailable": ready,
            "numberUnavailable": len(wanted) - ready, "numberMisscheduled": 0,
            "updatedNumberScheduled": sum(pod["metadata"]["labels"].get("controller-revision-hash") == current for pod in live),
        }  # fmt: skip
        self._pods.report(self._daemon_sets, daemon_set, status)

    def _deployment(self, deployment: Object) -> None:
        template, namespace = deployment["spec"]["template"], deployment["metadata"]["namespace"]
        current = self._pods.revision(deployment)
        name = f"{deployment['metadata']['name']}-{current}"
        replicas = deployment["spec"]["replicas"]
        if not self._store.has(self._replica_sets, namespace, name):
            labels = {**template["metadata"].get("labels", {}), "pod-template-hash": current}
            self._store.create(
                self._replica_sets,
                {
                    "metadata": {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": [reference(deployment)]},
                    "spec": {
                        "replicas": replicas, "selector": {"matchLabels": labels},
                        "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
                    },
                },
            )  # fmt: skip
        owned = self._store.owned(deployment, self._replica_sets)
        for found in owned:
            target = replicas if found["metadata"]["name"] == name else 0
            if found["spec"]["replicas"] == target:
                continue
            self._store.mutate(
                self._replica_sets, namespace, found["metadata"]["name"],
                lambda obj, target=target: obj["spec"].update(replicas=target),  # type: ignore[misc]
            )  # fmt: skip
        newest = self._store.peek(self._replica_sets, namespace, name).get("status", {})
        ready = sum(found.get("status", {}).get("readyReplicas", 0) for found in owned)
        available = ready >= replicas
        condition = {
            "type": "Available", "status": "True" if available else "False",
            "reason": "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            "message": "Deployment has minimum availability." if available else "Deployment does not have minimum availability.",
        }  # fmt: skip
        status = {
            "observedGeneration": deployment["metadata"]["generation"], "replicas": newest.get("replicas", 0),
            "updatedReplicas": newest.get("replicas", 0), "readyReplicas": ready, "availableReplicas": ready,
            "conditions": [condition],
        }  # fmt: skip
        self._pods.report(self._deployments, deployment, status)

    def _replica_set(self, replica_set: Object) -> None:
        pods = [pod for pod in self._pods.of(replica_set) if is_live(pod)]
        missing = replica_set["spec"]["replicas"] - len(pods)
        for _ in range(missing):
            self._pods.make(replica_set)
        for pod in sorted(pods, key=is_ready)[: max(0, -missing)]:
            self._pods.delete(pod)
        live = [pod for pod in self._pods.of(replica_set) if is_live(pod)]
        status = {
            "observedGeneration": replica_set["metadata"].get("generation", 1), "replicas": len(live),
            "readyReplicas": sum(is_ready(pod) for pod in live),
        }  # fmt: skip
        self._pods.report(self._replica_sets, replica_set, status)
