"""DaemonSets, Deployments and ReplicaSets: pods are made, counted, and removed with their owners."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.kube.api.store import Store
from sandbox.kube.api.writes import Writer
from sandbox.kube.controllers.owned_pods import Object, Pods, fits, is_live, is_ready, reference

AGAIN = timedelta(seconds=0.5)  # before what was not admitted is tried again


class Workloads:
    """Makes pods of DaemonSets, and of Deployments through ReplicaSets."""

    watches = frozenset(
        {"DaemonSet", "Deployment", "ReplicaSet", "Pod", "Node", "ServiceAccount", "ResourceQuota"}
    )
    patient = True

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        registry = store.registry
        self._nodes = registry.named("Node")
        self._writer = writer
        self._pods = Pods(store, writer)
        self._daemon_sets, self._deployments = registry.named("DaemonSet"), registry.named("Deployment")
        self._replica_sets = registry.named("ReplicaSet")
        self.next_due: datetime | None = None

    def sync(self) -> None:
        """Look at every workload once; what could not be made is tried again after a while."""
        self.next_due = None
        for daemon_set in self._store.all_of(self._daemon_sets):
            self._daemon_set(daemon_set)
        for deployment in self._store.all_of(self._deployments):
            self._deployment(deployment)
        for replica_set in self._store.all_of(self._replica_sets):
            self._replica_set(replica_set)

    def _daemon_set(self, daemon_set: Object) -> None:
        spec = daemon_set["spec"]["template"]["spec"]
        current = self._pods.revision(daemon_set)
        wanted = [
            n["metadata"]["name"] for n in self._store.all_of(self._nodes) if fits(spec, n, daemon=True)
        ]
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
            "observedGeneration": daemon_set["metadata"]["generation"],
            "desiredNumberScheduled": len(wanted),
            "currentNumberScheduled": len(live),
            "numberReady": ready,
            "numberAvailable": ready,
            "numberUnavailable": len(wanted) - ready,
            "numberMisscheduled": 0,
            "updatedNumberScheduled": sum(
                pod["metadata"]["labels"].get("controller-revision-hash") == current for pod in live
            ),
        }
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
                    "metadata": {
                        "name": name,
                        "namespace": namespace,
                        "labels": labels,
                        "ownerReferences": [reference(deployment)],
                    },
                    "spec": {
                        "replicas": replicas,
                        "selector": {"matchLabels": labels},
                        "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
                    },
                },
            )
        owned = self._store.owned(deployment, self._replica_sets)
        newest_ready = (self._store.peek(self._replica_sets, namespace, name).get("status") or {}).get(
            "readyReplicas", 0
        )
        for found in owned:
            target = (
                replicas if found["metadata"]["name"] == name else self._old(found, newest_ready, replicas)
            )
            if found["spec"]["replicas"] == target:
                continue
            self._store.mutate(
                self._replica_sets,
                namespace,
                found["metadata"]["name"],
                lambda obj, target=target: obj["spec"].update(replicas=target),  # type: ignore[misc]
            )
        newest = self._store.peek(self._replica_sets, namespace, name).get("status") or {}
        pods = sum(
            (found.get("status") or {}).get("replicas", 0)
            for found in self._store.owned(deployment, self._replica_sets)
        )
        ready = sum((found.get("status") or {}).get("readyReplicas", 0) for found in owned)
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": pods,
            "updatedReplicas": newest.get("replicas", 0),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": max(0, replicas - ready),
            "conditions": self._conditions(
                deployment,
                newest,
                available=ready >= replicas,
                complete=newest.get("readyReplicas", 0) >= replicas,
            ),
        }
        self._pods.report(
            self._deployments,
            deployment,
            {key: value for key, value in status.items() if value or key != "unavailableReplicas"},
        )

    def _old(self, replica_set: Object, newest_ready: int, replicas: int) -> int:
        """How many pods of an old revision stay: as many as the new one still lacks."""
        return int(min(replica_set["spec"]["replicas"], max(0, replicas - newest_ready)))

    def _conditions(
        self, deployment: Object, newest: Object, *, available: bool, complete: bool
    ) -> list[Object]:
        known = {each["type"]: each for each in (deployment.get("status") or {}).get("conditions") or []}
        name, now = deployment["metadata"]["name"], self._store.now()

        def condition(kind: str, good: bool, reason: str, message: str) -> Object:
            made = {"type": kind, "status": "True" if good else "False", "reason": reason, "message": message}
            old = known.get(kind, {})
            since = old["lastTransitionTime"] if old.get("status") == made["status"] else now
            same = {**made, "lastTransitionTime": since, "lastUpdateTime": old.get("lastUpdateTime", now)}
            return (
                same
                if all(old.get(key) == value for key, value in made.items())
                else {**same, "lastUpdateTime": now}
            )

        found = [
            condition(
                "Available",
                available,
                "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
                f"Deployment {'has' if available else 'does not have'} minimum availability.",
            ),
            condition(
                "Progressing",
                True,
                "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated",
                f'ReplicaSet of Deployment "{name}"'
                f" {'has successfully progressed' if complete else 'is progressing'}.",
            ),
        ]
        return found + [each for each in newest.get("conditions") or [] if each["type"] == "ReplicaFailure"]

    def _make(self, replica_set: Object, missing: int) -> str:
        """Make pods until one is not admitted; returns why."""
        for _ in range(missing):
            failure = self._pods.make(replica_set)
            if failure:
                self.next_due = self._store.clock() + AGAIN
                return failure
        return ""

    def _failed(self, replica_set: Object, why: str) -> Object:
        known = (replica_set.get("status") or {}).get("conditions") or []
        since = known[0]["lastTransitionTime"] if known else self._store.now()
        return {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": why,
            "lastTransitionTime": since,
        }

    def _replica_set(self, replica_set: Object) -> None:
        pods = [pod for pod in self._pods.of(replica_set) if is_live(pod)]
        missing = replica_set["spec"]["replicas"] - len(pods)
        failure = self._make(replica_set, missing)
        for pod in sorted(pods, key=is_ready)[: max(0, -missing)]:
            self._pods.delete(pod)
        live = [pod for pod in self._pods.of(replica_set) if is_live(pod)]
        status = {
            "observedGeneration": replica_set["metadata"].get("generation", 1),
            "replicas": len(live),
            "readyReplicas": (ready := sum(is_ready(pod) for pod in live)),
            "availableReplicas": ready,
            "fullyLabeledReplicas": len(live),
        }
        if failure:
            status["conditions"] = [self._failed(replica_set, failure)]
        self._pods.report(self._replica_sets, replica_set, status)
