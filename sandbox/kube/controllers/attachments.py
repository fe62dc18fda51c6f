"""VolumeAttachments: a disk is attached where a pod needs it, and detached when no pod there does any more.

Cinder is the judge: a disk that is on another server, perhaps of another cluster, is refused and tried again
after a growing pause.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.infrastructure.volumes import BlockStorage, StorageRefused
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.events import Recorder
from sandbox.kube.controllers.owned_pods import Object, is_live
from sandbox.kube.fabric import Fabric

DRIVER = "cinder.csi.openstack.org"
FINALIZER = "external-attacher/cinder-csi-openstack-org"
LONGEST = timedelta(seconds=16)


class Attachments:
    """The attach-detach controller and the CSI attacher."""

    watches = frozenset({"Pod", "PersistentVolumeClaim", "PersistentVolume", "VolumeAttachment"})
    patient = True

    def __init__(
        self,
        store: Store,
        fabric: Fabric,
        storage: BlockStorage,
        *,
        clock: Callable[[], datetime],
        pause: float,
    ) -> None:
        self._store = store
        self._fabric = fabric
        self._storage = storage
        self._clock = clock
        self._pause = timedelta(seconds=pause)  # before the first repetition; it doubles
        registry = store.registry
        self._pods, self._claims = registry.named("Pod"), registry.named("PersistentVolumeClaim")
        self._volumes, self._kind = registry.named("PersistentVolume"), registry.named("VolumeAttachment")
        self._recorder = Recorder(store)
        self._again: dict[
            str, tuple[datetime, timedelta]
        ] = {}  # by attachment: when it is tried again, and the pause after that
        self.next_due: datetime | None = None

    def sync(self) -> None:
        """Look at every pod with disks and every attachment once."""
        self.next_due = None
        wanted = self._wanted()
        for (volume, node), pod in wanted.items():
            name = attachment_name(self._handle(volume), node)
            if not self._store.has(self._kind, None, name):
                self._make(name, volume, node)
            self._attach(self._store.peek(self._kind, None, name), pod)
        for attachment in self._store.all_of(self._kind):
            spec = attachment["spec"]
            if (spec["source"].get("persistentVolumeName"), spec["nodeName"]) not in wanted:
                self._detach(attachment)

    def _wanted(self) -> dict[tuple[str, str], Object]:
        found: dict[tuple[str, str], Object] = {}
        for pod in self._store.all_of(self._pods):
            node = pod["spec"].get("nodeName")
            if node and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
                for volume in self.volumes_of(pod):
                    found[volume, node] = pod
        return found

    def volumes_of(self, pod: Object) -> list[str]:
        """The names of the bound Cinder volumes that a pod uses."""
        return cinder_volumes(self._store, pod)

    def _handle(self, volume: str) -> str:
        return str(self._store.peek(self._volumes, None, volume)["spec"]["csi"]["volumeHandle"])

    def _make(self, name: str, volume: str, node: str) -> None:
        spec = {"attacher": DRIVER, "nodeName": node, "source": {"persistentVolumeName": volume}}
        metadata = {"name": name, "finalizers": [FINALIZER]}
        self._store.create(self._kind, {"metadata": metadata, "spec": spec, "status": {"attached": False}})

    def _attach(self, attachment: Object, pod: Object) -> None:
        name = attachment["metadata"]["name"]
        if attachment["status"].get("attached") or not is_live(attachment):
            return
        at, pause = self._again.get(name, (self._clock(), self._pause))
        if self._clock() < at:
            self._due(at)
            return
        volume, node = attachment["spec"]["source"]["persistentVolumeName"], attachment["spec"]["nodeName"]
        machine = self._fabric.machines.get(node)
        if machine is None:
            return
        handle = self._handle(volume)
        try:
            done = self._storage.attach(handle, machine.server)
        except StorageRefused as refused:
            again = self._clock() + pause
            self._again[name] = (again, min(pause * 2, LONGEST))
            self._due(again)
            why = (
                "rpc error: code = Internal desc = [ControllerPublishVolume] Attach Volume failed with error"
                f" failed to attach {handle} volume to {machine.server} compute: {refused}"
            )
            self._recorder.warn(
                pod,
                "FailedAttachVolume",
                f'AttachVolume.Attach failed for volume "{volume}" : {why}',
                "attachdetach-controller",
            )
            self._report(
                name, {"attached": False, "attachError": {"message": why, "time": self._store.now()}}
            )
            return
        self._again.pop(name, None)
        self._report(name, {"attached": True, "attachmentMetadata": {"DevicePath": done.device}})

    def _detach(self, attachment: Object) -> None:
        name, node = attachment["metadata"]["name"], attachment["spec"]["nodeName"]
        volume = attachment["spec"]["source"].get("persistentVolumeName", "")
        machine = self._fabric.machines.get(node)
        if is_live(attachment):
            self._store.delete(self._kind, None, name)
        if machine is not None and self._store.has(self._volumes, None, volume):
            self._storage.detach(self._handle(volume), machine.server)
        self._again.pop(name, None)
        self._store.drop(self._kind, None, name)

    def _report(self, name: str, status: Object) -> None:
        self._store.mutate(
            self._kind, None, name, lambda obj: obj.update(status=status), subresource="status"
        )

    def _due(self, at: datetime) -> None:
        self.next_due = at if self.next_due is None else min(self.next_due, at)


def attachment_name(handle: str, node: str) -> str:
    """A VolumeAttachment's name, as the attach-detach controller makes it."""
    return "csi-" + hashlib.sha256(f"{handle}{DRIVER}{node}".encode()).hexdigest()


def cinder_volumes(store: Store, pod: Object) -> list[str]:
    """The names of the bound PersistentVolumes on Cinder that a pod uses."""
    claims, volumes = store.registry.named("PersistentVolumeClaim"), store.registry.named("PersistentVolume")
    found = []
    for volume in pod["spec"].get("volumes") or []:
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if not claim or not store.has(claims, pod["metadata"]["namespace"], claim):
            continue
        name = store.peek(claims, pod["metadata"]["namespace"], claim)["spec"].get("volumeName")
        if name and store.has(volumes, None, name) and "csi" in store.peek(volumes, None, name)["spec"]:
            found.append(name)
    return found
