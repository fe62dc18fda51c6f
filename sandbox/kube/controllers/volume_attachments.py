"""VolumeAttachments: a disk is attached where a pod needs it, and detached when no pod there needs it.

Cinder decides: a disk that is on another server, perhaps of another cluster, is refused, and tried again
after a growing pause.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.infrastructure.block_storage import BlockStorage, StorageError
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.events import EventRecorder
from sandbox.kube.network_model import NetworkModel
from sandbox.kube.objects import Object, claim_names, is_live, phase_of

DRIVER = "cinder.csi.openstack.org"
FINALIZER = "external-attacher/cinder-csi-openstack-org"
LONGEST_PAUSE = timedelta(seconds=16)


class AttachDetachController(Controller):
    """The attach-detach controller and the CSI attacher in one."""

    watches = frozenset({"Pod", "PersistentVolumeClaim", "PersistentVolume", "VolumeAttachment"})
    waits_in_background = True

    def __init__(
        self,
        store: Store,
        network: NetworkModel,
        storage: BlockStorage,
        *,
        clock: Callable[[], datetime],
        pause: float,
    ) -> None:
        super().__init__(store)
        self._network = network
        self._storage = storage
        self._clock = clock
        self._pause = timedelta(seconds=pause)  # before the first retry; it doubles
        registry = store.registry
        self._pods, self._kind = registry.named("Pod"), registry.named("VolumeAttachment")
        self._volumes = registry.named("PersistentVolume")
        self._recorder = EventRecorder(store)
        self._retries: dict[str, tuple[datetime, timedelta]] = {}  # when, and the pause after that

    def reconcile(self) -> None:
        """Make one pass over the pods with disks and over the attachments."""
        self.next_due = None
        required = self._required()
        for (volume, node), pod in required.items():
            name = attachment_name(self._handle(volume), node)
            if not self._store.has(self._kind, None, name):
                self._create(name, volume, node)
            self._attach(self._store.peek(self._kind, None, name), pod)
        for attachment in self._store.all_of(self._kind):
            spec = attachment["spec"]
            if (spec["source"].get("persistentVolumeName"), spec["nodeName"]) not in required:
                self._detach(attachment)

    def _required(self) -> dict[tuple[str, str], Object]:
        """Return a pod for each volume and node on which it must be attached."""
        return {
            (volume, pod["spec"]["nodeName"]): pod
            for pod in self._store.all_of(self._pods)
            if pod["spec"].get("nodeName") and phase_of(pod) not in ("Succeeded", "Failed")
            for volume in cinder_volumes(self._store, pod)
        }

    def _handle(self, volume: str) -> str:
        return str(self._store.peek(self._volumes, None, volume)["spec"]["csi"]["volumeHandle"])

    def _create(self, name: str, volume: str, node: str) -> None:
        spec = {"attacher": DRIVER, "nodeName": node, "source": {"persistentVolumeName": volume}}
        metadata = {"name": name, "finalizers": [FINALIZER]}
        self._store.create(self._kind, {"metadata": metadata, "spec": spec, "status": {"attached": False}})

    def _attach(self, attachment: Object, pod: Object) -> None:
        name, spec = attachment["metadata"]["name"], attachment["spec"]
        machine = self._network.machines.get(spec["nodeName"])
        if attachment["status"].get("attached") or not is_live(attachment) or machine is None:
            return
        due, pause = self._retries.get(name, (self._clock(), self._pause))
        if self._clock() < due:
            self._wake_at(due)
            return
        handle = self._handle(spec["source"]["persistentVolumeName"])
        try:
            disk = self._storage.attach(handle, machine.server)
        except StorageError as error:
            due = self._clock() + pause
            self._retries[name] = (due, min(pause * 2, LONGEST_PAUSE))
            self._wake_at(due)
            self._refuse(attachment, pod, f"{handle} volume to {machine.server} compute: {error}")
            return
        self._retries.pop(name, None)
        status = {"attached": True, "attachmentMetadata": {"DevicePath": disk.device}}
        self._store.set_status(self._kind, attachment, status)

    def _refuse(self, attachment: Object, pod: Object, why: str) -> None:
        message = (
            "rpc error: code = Internal desc = [ControllerPublishVolume] Attach Volume failed with error"
            f" failed to attach {why}"
        )
        volume = attachment["spec"]["source"]["persistentVolumeName"]
        self._recorder.warn(
            pod,
            "FailedAttachVolume",
            f'AttachVolume.Attach failed for volume "{volume}" : {message}',
            "attachdetach-controller",
        )
        status = {"attached": False, "attachError": {"message": message, "time": self._store.now()}}
        self._store.set_status(self._kind, attachment, status)

    def _detach(self, attachment: Object) -> None:
        name, node = attachment["metadata"]["name"], attachment["spec"]["nodeName"]
        volume = attachment["spec"]["source"].get("persistentVolumeName", "")
        machine = self._network.machines.get(node)
        if is_live(attachment):
            self._store.delete(self._kind, None, name)
        if machine is not None and self._store.has(self._volumes, None, volume):
            self._storage.detach(self._handle(volume), machine.server)
        self._retries.pop(name, None)
        self._store.drop(self._kind, None, name)


def attachment_name(handle: str, node: str) -> str:
    """Return the name of a VolumeAttachment, as the attach-detach controller makes it."""
    return "csi-" + hashlib.sha256(f"{handle}{DRIVER}{node}".encode()).hexdigest()


def cinder_volumes(store: Store, pod: Object) -> list[str]:
    """Return the names of the bound PersistentVolumes on Cinder that a pod uses."""
    claims, volumes = store.registry.named("PersistentVolumeClaim"), store.registry.named("PersistentVolume")
    names = [
        store.peek(claims, pod["metadata"]["namespace"], claim)["spec"].get("volumeName")
        for claim in claim_names(pod)
        if store.has(claims, pod["metadata"]["namespace"], claim)
    ]
    return [
        name
        for name in names
        if name and store.has(volumes, None, name) and "csi" in store.peek(volumes, None, name)["spec"]
    ]
