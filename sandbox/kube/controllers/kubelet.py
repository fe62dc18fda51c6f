"""Kubelets and the node lifecycle: pods run, fail and become ready as the fabric lets them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.kube import web
from sandbox.kube.api.store import Store
from sandbox.kube.controllers import pod_status
from sandbox.kube.controllers.attachments import attachment_name, cinder_volumes
from sandbox.kube.controllers.events import Recorder
from sandbox.kube.fabric import Fabric, Machine
from sandbox.kube.programs import Programs

Object = dict[str, Any]
DRIVERS = {"calico-node": "calico", "kube-flannel": "flannel"}
QUARANTINE = timedelta(seconds=40)
UNREACHABLE = "node.kubernetes.io/unreachable"
NOT_READY = "node.kubernetes.io/not-ready"
CORDONED = "node.kubernetes.io/unschedulable"
NO_CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


@dataclasses.dataclass(frozen=True)
class Tempo:
    """How long things take, in seconds."""

    start: float = 0.6  # from a pod's placing to its containers running
    stop: float = 0.3  # of a pod that is deleted
    attach: float = 0.5  # before a disk that was refused is tried again; the pause doubles


class Kubelets:
    """All kubelets and the node lifecycle controller of one cluster."""

    watches = frozenset({"Pod", "Node", "PersistentVolumeClaim", "VolumeAttachment"})
    patient = False

    def __init__(
        self, store: Store, fabric: Fabric, programs: Programs, *, clock: Callable[[], datetime], tempo: Tempo
    ) -> None:
        self._store = store
        self._fabric = fabric
        self._programs = programs
        self._clock = clock
        self._tempo = tempo
        self._pods, self._nodes = store.registry.named("Pod"), store.registry.named("Node")
        self._recorder = Recorder(store)
        self._attachments = store.registry.named("VolumeAttachment")
        self._volumes = store.registry.named("PersistentVolume")
        self._placed: dict[str, datetime] = {}  # pod uid to when a kubelet first saw it
        self._addresses: dict[str, int] = {}
        self.next_due: datetime | None = None

    def sync(self) -> None:
        """Look at every node and pod once; `next_due` is when time alone changes something."""
        self.next_due = None
        for node in self._store.all_of(self._nodes):
            self._node(node)
        for pod in self._store.all_of(self._pods):
            if pod["spec"].get("nodeName"):
                self._run(pod)

    # --- nodes

    def _node(self, node: Object) -> None:
        machine = self._fabric.machines.get(node["metadata"]["name"])
        if machine is None:
            return
        if machine.kubelet:
            good = machine.cni_configured
            status, reason = ("True", "KubeletReady") if good else ("False", "KubeletNotReady")
            message = "kubelet is posting ready status" if good else NO_CNI
        else:
            status, reason, message = "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."

        def report(obj: Object) -> None:
            pod_status.condition(obj, "Ready", status, reason, message, self._store.now())

        def taint(obj: Object) -> None:
            taints = [t for t in obj["spec"].get("taints", []) if t["key"] not in (UNREACHABLE, NOT_READY)]
            if status == "Unknown":
                taints.append({"key": UNREACHABLE, "effect": "NoExecute"})
            elif status == "False":
                taints.append({"key": NOT_READY, "effect": "NoExecute"})
            taints = [each for each in taints if each["key"] != CORDONED]
            if obj["spec"].get("unschedulable"):
                taints.append({"key": CORDONED, "effect": "NoSchedule"})
            obj["spec"]["taints"] = taints

        self._store.mutate(self._nodes, None, machine.name, report, subresource="status")
        self._store.mutate(self._nodes, None, machine.name, taint)

    # --- pods

    def _run(self, pod: Object) -> None:
        machine = self._fabric.machines.get(pod["spec"]["nodeName"])
        uid = pod["metadata"]["uid"]
        seen = self._placed.setdefault(uid, self._clock())
        if machine is None:
            self._collect(pod, seen)
            return
        if not machine.kubelet:
            return  # nobody there to report anything
        if pod["metadata"].get("deletionTimestamp"):
            self._stop(pod)
            return
        if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            return
        begun = seen + timedelta(seconds=self._tempo.start)
        if self._clock() < begun:
            self._wait_until(begun)
            return
        if not self._attached(pod):
            status = pod_status.waiting(pod, machine, "ContainerCreating", "", self._store.now())
        else:
            status = self._status(pod, machine, begun)
        if pod["spec"].get("restartPolicy", "Always") != "Always" and status["phase"] == "Running":
            status = self._ended(pod, status, begun)
        if status != pod.get("status"):
            self._store.mutate(
                self._pods,
                pod["metadata"]["namespace"],
                pod["metadata"]["name"],
                lambda obj: obj.update(status=status),
                subresource="status",
            )

    def _attached(self, pod: Object) -> bool:
        """Whether the disks of a pod are on its node; one that runs is not stopped for that any more."""
        if pod.get("status", {}).get("phase") == "Running":
            return True
        for name in cinder_volumes(self._store, pod):
            handle = self._store.peek(self._volumes, None, name)["spec"]["csi"]["volumeHandle"]
            found = attachment_name(handle, pod["spec"]["nodeName"])
            if not self._store.has(self._attachments, None, found):
                return False
            if not self._store.peek(self._attachments, None, found)["status"].get("attached"):
                return False
        return True

    def _ended(self, pod: Object, status: Object, begun: datetime) -> Object:
        """A pod that is not restarted ends when its first container's program has."""
        over = begun + timedelta(seconds=self._tempo.start)
        if self._clock() < over:
            self._wait_until(over)
            return status
        container = pod["spec"]["containers"][0]
        argv = [*container.get("command", []), *container.get("args", [])]
        code = self._programs.run(pod, container["name"], argv)[2] if argv[:2] == ["sh", "-c"] else 0
        now, good = self._store.now(), code == 0
        ended = {
            "reason": "Completed" if good else "Error",
            "exitCode": code,
            "startedAt": now,
            "finishedAt": now,
        }
        for shown in status["containerStatuses"]:
            shown |= {"ready": False, "started": False, "state": {"terminated": ended}}
        for condition in status["conditions"]:
            if condition["type"] in ("Ready", "ContainersReady"):
                condition |= {"status": "False", "reason": "PodCompleted" if good else "PodFailed"}
        return {**status, "phase": "Succeeded" if good else "Failed"}

    def _collect(self, pod: Object, seen: datetime) -> None:
        """A pod on a node that is not there is collected after a while, as by the pod garbage collector."""
        over = seen + QUARANTINE
        if self._clock() >= over:
            self._store.drop(self._pods, pod["metadata"]["namespace"], pod["metadata"]["name"])
        else:
            self._wait_until(over)

    def _stop(self, pod: Object) -> None:
        asked = datetime.strptime(pod["metadata"]["deletionTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=self._clock().tzinfo
        )
        over = asked + timedelta(
            seconds=min(self._tempo.stop, pod["metadata"].get("deletionGracePeriodSeconds", 30))
        )
        if self._clock() >= over:
            self._placed.pop(pod["metadata"]["uid"], None)
            self._store.drop(self._pods, pod["metadata"]["namespace"], pod["metadata"]["name"])
        else:
            self._wait_until(over)

    def _wait_until(self, at: datetime) -> None:
        self.next_due = at if self.next_due is None else min(self.next_due, at)

    def _status(self, pod: Object, machine: Machine, begun: datetime) -> Object:
        spec, now = pod["spec"], self._store.now()
        driver = any(container["name"] in DRIVERS for container in spec["containers"])
        started = begun.strftime("%Y-%m-%dT%H:%M:%SZ")
        host = bool(spec.get("hostNetwork"))
        if not host and not machine.cni_configured:
            self._event(pod, "FailedCreatePodSandBox", "Failed to create pod sandbox: plugin not initialized")
            return pod_status.waiting(pod, machine, "ContainerCreating", "", now)
        people = not pod["metadata"]["namespace"].startswith("kube-")
        unpulled = people and not self._fabric.registry and not pod.get("status", {}).get("podIP")
        if (driver and not machine.image_pulls) or unpulled:
            image = spec["containers"][0]["image"]
            why = f'Back-off pulling image "{image}"'
            self._event(
                pod,
                "Failed",
                f'Failed to pull image "{image}": rpc error: code = NotFound desc = failed to pull and unpack'
                " image: not found",
            )
            return pod_status.waiting(pod, machine, "ImagePullBackOff", why, now, in_init=True)
        if driver and machine.driver_crashes:
            return pod_status.crashing(pod, machine, self._address(pod, machine), started, now)
        complaint = self._complaint(pod, machine)
        if complaint:
            self._event(pod, "Unhealthy", f"Readiness probe failed: {complaint}")
        return pod_status.running(
            pod, machine, self._address(pod, machine), started, now, ready=not complaint
        )

    def _complaint(self, pod: Object, machine: Machine) -> str:
        """Run the readiness probe of the first container, as its kubelet would."""
        container = pod["spec"]["containers"][0]
        probe = container.get("readinessProbe", {})
        if "httpGet" in probe:
            return self._http_complaint(pod, container, probe["httpGet"])
        argv = probe.get("exec", {}).get("command")
        if not argv:
            return ""
        _, said, code = self._programs.run(pod, container["name"], argv)
        return said.strip() if code else ""

    def _http_complaint(self, pod: Object, container: Object, get: Object) -> str:
        found = web.answer(
            container,
            web.number(container, get["port"]),
            get.get("path", "/"),
            self._programs.files(pod, container["name"]),
        )
        return "" if 200 <= found[0] < 400 else f"HTTP probe failed with statuscode: {found[0]}"

    def _address(self, pod: Object, machine: Machine) -> str:
        if pod["spec"].get("hostNetwork"):
            return machine.address
        uid = pod["metadata"]["uid"]
        number = self._addresses.setdefault(uid, len(self._addresses) % 250 + 2)
        return f"{machine.pod_range.rsplit('.', 1)[0]}.{number}"

    def _event(self, pod: Object, reason: str, message: str) -> None:
        self._recorder.warn(pod, reason, message, "kubelet", host=pod["spec"]["nodeName"])
