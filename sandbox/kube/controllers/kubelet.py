"""Kubelets: pods run, fail and become ready as the machines and the network let them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.kube import http_servers
from sandbox.kube.api.store import Store
from sandbox.kube.controllers import pod_status
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.events import EventRecorder
from sandbox.kube.controllers.volume_attachments import attachment_name, cinder_volumes
from sandbox.kube.network_model import Machine, NetworkModel
from sandbox.kube.objects import Object, format_time, is_live, key_of, parse_time, phase_of, status_of
from sandbox.kube.programs import Programs

DRIVER_CONTAINERS = frozenset({"calico-node", "kube-flannel"})
COLLECTED_AFTER = timedelta(seconds=40)  # a pod on a node that does not exist


@dataclasses.dataclass(frozen=True)
class Timings:
    """How long things take in a cluster, in seconds."""

    start: float = 0.6  # from the binding of a pod until its containers run
    stop: float = 0.3  # of a pod that is deleted
    attach: float = 0.5  # before a disk that was refused is tried again; the pause doubles


class Kubelets(Controller):
    """All kubelets of one cluster, and the pod garbage collector."""

    watches = frozenset({"Pod", "Node", "PersistentVolumeClaim", "VolumeAttachment"})

    def __init__(
        self,
        store: Store,
        network: NetworkModel,
        programs: Programs,
        *,
        clock: Callable[[], datetime],
        timings: Timings,
    ) -> None:
        super().__init__(store)
        self._network = network
        self._programs = programs
        self._clock = clock
        self._timings = timings
        registry = store.registry
        self._pods, self._volumes = registry.named("Pod"), registry.named("PersistentVolume")
        self._attachments = registry.named("VolumeAttachment")
        self._recorder = EventRecorder(store)
        self._first_seen: dict[str, datetime] = {}  # by the uid of a pod
        self._hosts: dict[str, int] = {}  # the last number of a pod's address, by the pod's uid

    def reconcile(self) -> None:
        """Make one pass over the pods that are bound to a node."""
        self.next_due = None
        for pod in self._store.all_of(self._pods):
            if pod["spec"].get("nodeName"):
                self._reconcile(pod)

    def _reconcile(self, pod: Object) -> None:
        machine = self._network.machines.get(pod["spec"]["nodeName"])
        first_seen = self._first_seen.setdefault(pod["metadata"]["uid"], self._clock())
        if machine is None:
            if self._is_due(first_seen + COLLECTED_AFTER):
                self._store.drop(self._pods, *key_of(pod))
        elif not machine.kubelet:
            return  # nobody is there to report anything
        elif not is_live(pod):
            self._stop(pod)
        elif phase_of(pod) not in ("Succeeded", "Failed"):
            started = first_seen + timedelta(seconds=self._timings.start)
            if self._is_due(started):
                self._store.set_status(self._pods, pod, self._status(pod, machine, started))

    def _is_due(self, moment: datetime) -> bool:
        """Tell whether a moment has come; if not, wake up then."""
        if self._clock() >= moment:
            return True
        self._wake_at(moment)
        return False

    def _stop(self, pod: Object) -> None:
        metadata = pod["metadata"]
        grace = min(self._timings.stop, metadata.get("deletionGracePeriodSeconds", 30))
        if self._is_due(parse_time(metadata["deletionTimestamp"]) + timedelta(seconds=grace)):
            self._first_seen.pop(metadata["uid"], None)
            self._store.drop(self._pods, *key_of(pod))

    # --- the status of a pod

    def _status(self, pod: Object, machine: Machine, started: datetime) -> Object:
        context = pod_status.PodContext(
            pod,
            machine,
            address=self._address(pod, machine),
            started=format_time(started),
            now=self._store.now(),
        )
        if not self._is_attached(pod):
            return pod_status.waiting(context, "ContainerCreating")
        status = self._running_status(context)
        if pod["spec"].get("restartPolicy", "Always") != "Always" and status["phase"] == "Running":
            return self._ended(context, status, started)
        return status

    def _running_status(self, context: pod_status.PodContext) -> Object:
        pod, machine = context.pod, context.machine
        is_driver = any(container["name"] in DRIVER_CONTAINERS for container in pod["spec"]["containers"])
        if not pod["spec"].get("hostNetwork") and not machine.cni_configured:
            message = "Failed to create pod sandbox: plugin not initialized"
            self._warn(pod, "FailedCreatePodSandBox", message)
            return pod_status.waiting(context, "ContainerCreating")
        if (is_driver and not machine.image_pulls) or self._misses_image(pod):
            return self._image_pull_failed(context)
        if is_driver and machine.driver_crashes:
            return pod_status.crashing(context)
        failure = self._probe_failure(pod)
        if failure:
            self._warn(pod, "Unhealthy", f"Readiness probe failed: {failure}")
        return pod_status.running(context, ready=not failure)

    def _misses_image(self, pod: Object) -> bool:
        """Tell whether the registry is away, the pod is no system pod, and it never ran."""
        system = pod["metadata"]["namespace"].startswith("kube-")
        return not (system or self._network.image_registry or status_of(pod).get("podIP"))

    def _image_pull_failed(self, context: pod_status.PodContext) -> Object:
        image = context.pod["spec"]["containers"][0]["image"]
        why = "rpc error: code = NotFound desc = failed to pull and unpack image: not found"
        self._warn(context.pod, "Failed", f'Failed to pull image "{image}": {why}')
        message = f'Back-off pulling image "{image}"'
        return pod_status.waiting(context, "ImagePullBackOff", message, in_init=True)

    def _is_attached(self, pod: Object) -> bool:
        """Tell whether the disks of a pod are on its node; one that runs is not stopped for that any more."""
        if phase_of(pod) == "Running":
            return True
        for name in cinder_volumes(self._store, pod):
            handle = self._store.peek(self._volumes, None, name)["spec"]["csi"]["volumeHandle"]
            attachment = attachment_name(handle, pod["spec"]["nodeName"])
            if not self._store.has(self._attachments, None, attachment):
                return False
            if not self._store.peek(self._attachments, None, attachment)["status"].get("attached"):
                return False
        return True

    def _ended(self, context: pod_status.PodContext, status: Object, started: datetime) -> Object:
        """A pod that is not restarted ends when the program of its first container has ended."""
        if not self._is_due(started + timedelta(seconds=self._timings.start)):
            return status
        container = context.pod["spec"]["containers"][0]
        argv = [*container.get("command", []), *container.get("args", [])]
        code = 0
        if argv[:2] == ["sh", "-c"]:
            code = self._programs.run(context.pod, container["name"], argv)[2]
        return pod_status.ended(status, code, context.now)

    def _probe_failure(self, pod: Object) -> str:
        """Run the readiness probe of the first container; return what it complains of."""
        container = pod["spec"]["containers"][0]
        probe = container.get("readinessProbe", {})
        if "httpGet" in probe:
            get = probe["httpGet"]
            port = http_servers.port_number(container, get["port"])
            files = self._programs.files(pod, container["name"])
            status, _ = http_servers.answer(container, port, get.get("path", "/"), files)
            return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"
        argv = probe.get("exec", {}).get("command")
        if not argv:
            return ""
        _, error, code = self._programs.run(pod, container["name"], argv)
        return error.strip() if code else ""

    def _address(self, pod: Object, machine: Machine) -> str:
        if pod["spec"].get("hostNetwork"):
            return machine.address
        host = self._hosts.setdefault(pod["metadata"]["uid"], len(self._hosts) % 250 + 2)
        return f"{machine.pod_range.rsplit('.', 1)[0]}.{host}"

    def _warn(self, pod: Object, reason: str, message: str) -> None:
        self._recorder.warn(pod, reason, message, "kubelet", host=pod["spec"]["nodeName"])
