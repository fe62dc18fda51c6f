"""ReplicaSets: as many pods as they ask for."""

from __future__ import annotations

from datetime import timedelta

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.pods import PodControl
from sandbox.kube.objects import Object, is_live, is_ready, status_of

RETRY = timedelta(seconds=0.5)  # before a pod that was not admitted is tried again


class ReplicaSetController(Controller):
    """Creates and deletes the pods of ReplicaSets."""

    watches = frozenset({"ReplicaSet", "Pod", "ServiceAccount", "ResourceQuota"})
    waits_in_background = True

    def __init__(self, store: Store, pods: PodControl) -> None:
        super().__init__(store)
        self._kind = store.registry.named("ReplicaSet")
        self._pods = pods

    def reconcile(self) -> None:
        """Make one pass over the ReplicaSets."""
        self.next_due = None
        for replica_set in self._store.all_of(self._kind):
            self._reconcile(replica_set)

    def _reconcile(self, replica_set: Object) -> None:
        pods = self._live_pods(replica_set)
        missing = replica_set["spec"]["replicas"] - len(pods)
        failure = self._create(replica_set, missing)
        for pod in sorted(pods, key=is_ready)[: max(0, -missing)]:
            self._pods.delete(pod)
        remaining = self._live_pods(replica_set)
        ready = sum(is_ready(pod) for pod in remaining)
        status = {
            "observedGeneration": replica_set["metadata"].get("generation", 1),
            "replicas": len(remaining),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "fullyLabeledReplicas": len(remaining),
        }
        if failure:
            status["conditions"] = [self._replica_failure(replica_set, failure)]
        self._store.set_status(self._kind, replica_set, status)

    def _live_pods(self, replica_set: Object) -> list[Object]:
        return [pod for pod in self._pods.owned_by(replica_set) if is_live(pod)]

    def _create(self, replica_set: Object, missing: int) -> str:
        """Create pods until one is not admitted; return why."""
        for _ in range(missing):
            failure = self._pods.create(replica_set)
            if failure:
                self._wake_at(self._store.clock() + RETRY)
                return failure
        return ""

    def _replica_failure(self, replica_set: Object, message: str) -> Object:
        conditions = status_of(replica_set).get("conditions") or []
        return {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": message,
            "lastTransitionTime": conditions[0]["lastTransitionTime"] if conditions else self._store.now(),
        }
