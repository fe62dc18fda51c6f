"""The node lifecycle: the condition Ready that a kubelet reports, and the taints that follow from it."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers import pod_status
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.network_model import Machine, NetworkModel
from sandbox.kube.objects import Object

UNREACHABLE, NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
CORDONED = "node.kubernetes.io/unschedulable"
NO_CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


class NodeLifecycleController(Controller):
    """Reports the state of machines on their nodes."""

    watches = frozenset({"Node"})

    def __init__(self, store: Store, network: NetworkModel) -> None:
        super().__init__(store)
        self._network = network
        self._kind = store.registry.named("Node")

    def reconcile(self) -> None:
        """Make one pass over the nodes that have a machine."""
        for node in self._store.all_of(self._kind):
            machine = self._network.machines.get(node["metadata"]["name"])
            if machine is not None:
                self._reconcile(machine)

    def _reconcile(self, machine: Machine) -> None:
        status, reason, message = _readiness(machine)

        def report(obj: Object) -> None:
            pod_status.set_condition(
                obj, "Ready", status, reason=reason, message=message, now=self._store.now()
            )

        def taint(obj: Object) -> None:
            managed = (UNREACHABLE, NOT_READY, CORDONED)
            taints = [taint for taint in obj["spec"].get("taints", []) if taint["key"] not in managed]
            if status != "True":
                key = UNREACHABLE if status == "Unknown" else NOT_READY
                taints.append({"key": key, "effect": "NoExecute"})
            if obj["spec"].get("unschedulable"):
                taints.append({"key": CORDONED, "effect": "NoSchedule"})
            obj["spec"]["taints"] = taints

        self._store.mutate(self._kind, None, machine.name, report, subresource="status")
        self._store.mutate(self._kind, None, machine.name, taint)


def _readiness(machine: Machine) -> tuple[str, str, str]:
    """Return status, reason and message of the condition Ready."""
    if not machine.kubelet:
        return "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."
    if not machine.cni_configured:
        return "False", "KubeletNotReady", NO_CNI
    return "True", "KubeletReady", "kubelet is posting ready status"
