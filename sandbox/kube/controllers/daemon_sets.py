"""DaemonSets: one pod on every node that it fits."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.pods import REVISION, PodControl, has_revision
from sandbox.kube.controllers.taints import fits
from sandbox.kube.objects import Object, is_live, is_ready


class DaemonSetController(Controller):
    """Places the pods of DaemonSets, without the scheduler."""

    watches = frozenset({"DaemonSet", "Pod", "Node", "ServiceAccount", "ResourceQuota"})

    def __init__(self, store: Store, pods: PodControl) -> None:
        super().__init__(store)
        self._kind, self._nodes = store.registry.named("DaemonSet"), store.registry.named("Node")
        self._pods = pods

    def reconcile(self) -> None:
        """Make one pass over the DaemonSets."""
        for daemon_set in self._store.all_of(self._kind):
            self._reconcile(daemon_set)

    def _reconcile(self, daemon_set: Object) -> None:
        spec, revision = daemon_set["spec"]["template"]["spec"], self._pods.revision(daemon_set)
        nodes = [
            node["metadata"]["name"]
            for node in self._store.all_of(self._nodes)
            if fits(spec, node, daemon=True)
        ]
        pods = [pod for pod in self._pods.owned_by(daemon_set) if is_live(pod)]
        occupied = {pod["spec"].get("nodeName") for pod in pods}
        for node in nodes:
            if node not in occupied:
                self._pods.create(daemon_set, labels={REVISION: revision}, node=node)
        for pod in pods:
            if pod["spec"].get("nodeName") not in nodes or not has_revision(pod, revision):
                self._pods.delete(pod)
        self._report(daemon_set, len(nodes), revision)

    def _report(self, daemon_set: Object, desired: int, revision: str) -> None:
        pods = [pod for pod in self._pods.owned_by(daemon_set) if is_live(pod)]
        ready = sum(is_ready(pod) for pod in pods)
        status = {
            "observedGeneration": daemon_set["metadata"]["generation"],
            "desiredNumberScheduled": desired,
            "currentNumberScheduled": len(pods),
            "numberReady": ready,
            "numberAvailable": ready,
            "numberUnavailable": desired - ready,
            "numberMisscheduled": 0,
            "updatedNumberScheduled": sum(has_revision(pod, revision) for pod in pods),
        }
        self._store.set_status(self._kind, daemon_set, status)
