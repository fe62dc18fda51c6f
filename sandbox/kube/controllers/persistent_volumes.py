"""PersistentVolumes and their claims: claims are bound, and a released volume follows its reclaim policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.infrastructure.block_storage import BlockStorage, StorageError
from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.cinder_provisioner import PROVISIONED_BY, CinderProvisioner
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.events import EventRecorder
from sandbox.kube.controllers.volume_attachments import DRIVER
from sandbox.kube.objects import (
    Object,
    annotations_of,
    claim_names,
    is_live,
    key_of,
    phase_of,
    status_of,
)

PROTECTION = "kubernetes.io/pvc-protection"
RETRY = timedelta(seconds=0.5)  # before the deletion of a disk that Cinder refused is tried again


class PersistentVolumeController(Controller):
    """Binds claims, and reclaims volumes."""

    watches = frozenset(
        {"PersistentVolumeClaim", "PersistentVolume", "StorageClass", "Pod", "VolumeAttachment"}
    )
    waits_in_background = True

    def __init__(
        self, store: Store, storage: BlockStorage, *, cluster: str, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(store)
        self._storage = storage
        self._clock = clock
        registry = store.registry
        self._claims, self._pods = registry.named("PersistentVolumeClaim"), registry.named("Pod")
        self._volumes = registry.named("PersistentVolume")
        self._provisioner = CinderProvisioner(store, storage, cluster=cluster)
        self._recorder = EventRecorder(store)

    def reconcile(self) -> None:
        """Make one pass over the claims and the volumes."""
        self.next_due = None
        for claim in self._store.all_of(self._claims):
            if not is_live(claim):
                self._release(claim)
            elif phase_of(claim) == "Bound":
                if not self._store.has(self._volumes, None, claim["spec"]["volumeName"]):
                    self._store.set_status(self._claims, claim, {**claim["status"], "phase": "Lost"})
            else:
                self._bind(claim)
        for volume in self._store.all_of(self._volumes):
            self._reconcile_volume(volume)

    # --- claims

    def _release(self, claim: Object) -> None:
        """A deleted claim loses its protection when no pod uses it any more."""
        if PROTECTION in claim["metadata"].get("finalizers", []) and not self._is_used(claim):
            self._store.remove_finalizer(self._claims, claim, PROTECTION)

    def _is_used(self, claim: Object) -> bool:
        return any(
            claim["metadata"]["name"] in claim_names(pod)
            for pod in self._store.all_of(self._pods, claim["metadata"]["namespace"])
            if phase_of(pod) not in ("Succeeded", "Failed")
        )

    def _bind(self, claim: Object) -> None:
        name = claim["spec"].get("volumeName")
        volumes = self._store.all_of(self._volumes)
        volume = next((volume for volume in volumes if _matches(volume, claim)), None)
        if volume is None and not name:
            volume = self._provisioner.provision(claim, used=self._is_used(claim))
        if volume is not None:
            self._bind_to(claim, volume)
        elif phase_of(claim) != "Lost":
            self._store.set_status(self._claims, claim, {"phase": "Pending"})

    def _bind_to(self, claim: Object, volume: Object) -> None:
        name, metadata = volume["metadata"]["name"], claim["metadata"]
        reference = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            **{field: metadata[field] for field in ("name", "namespace", "uid", "resourceVersion")},
        }
        if (volume["spec"].get("claimRef") or {}).get("uid") != reference["uid"]:
            self._store.mutate(self._volumes, None, name, lambda obj: obj["spec"].update(claimRef=reference))
        self._set_phase(name, "Bound")

        def bind(obj: Object) -> None:
            annotations = obj["metadata"].setdefault("annotations", {})
            annotations["pv.kubernetes.io/bind-completed"] = "yes"
            if not claim["spec"].get("volumeName"):
                annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
            obj["spec"]["volumeName"] = name

        self._store.mutate(self._claims, *key_of(claim), bind)
        status = {
            "phase": "Bound",
            "accessModes": volume["spec"].get("accessModes", []),
            "capacity": dict(volume["spec"].get("capacity", {})),
        }
        self._store.set_status(self._claims, claim, status)

    # --- volumes

    def _reconcile_volume(self, volume: Object) -> None:
        reference, name = volume["spec"].get("claimRef") or {}, volume["metadata"]["name"]
        bound = bool(reference.get("uid")) and self._claim_exists(reference)
        if not is_live(volume):
            if not bound:
                self._reclaim(volume, deleted=True)
        elif not reference.get("uid"):
            self._set_phase(name, "Available")
        elif not bound:
            self._set_phase(name, "Released")
            if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                self._reclaim(self._store.peek(self._volumes, None, name), deleted=False)

    def _claim_exists(self, reference: Object) -> bool:
        namespace, name = reference["namespace"], reference["name"]
        if not self._store.has(self._claims, namespace, name):
            return False
        claim = self._store.peek(self._claims, namespace, name)
        return bool(claim["metadata"]["uid"] == reference["uid"])

    def _reclaim(self, volume: Object, *, deleted: bool) -> None:
        """Delete the disk of a volume whose policy says so; Cinder refuses that while it is attached, and
        it is tried again.
        """
        name, spec = volume["metadata"]["name"], volume["spec"]
        provisioned = annotations_of(volume).get(PROVISIONED_BY) == DRIVER and "csi" in spec
        if provisioned and spec.get("persistentVolumeReclaimPolicy") == "Delete":
            try:
                self._storage.delete(spec["csi"]["volumeHandle"])
            except StorageError as error:
                if error.status != 404:
                    why = re.sub(r"\s+", " ", str(error))
                    message = f"rpc error: code = Internal desc = DeleteVolume failed with error {why}"
                    component = f"{DRIVER}_csi-cinder-controllerplugin"
                    self._recorder.warn(volume, "VolumeFailedDelete", message, component)
                    self._wake_at(self._clock() + RETRY)
                    return
        if provisioned or deleted:
            self._store.drop(self._volumes, None, name)

    def _set_phase(self, name: str, phase: str) -> None:
        volume = self._store.peek(self._volumes, None, name)
        if phase_of(volume) != phase:
            self._store.set_status(self._volumes, volume, {"phase": phase})


def _matches(volume: Object, claim: Object) -> bool:
    """Tell whether a volume may be bound to a claim."""
    spec, reference, metadata = volume["spec"], volume["spec"].get("claimRef") or {}, claim["metadata"]
    name = claim["spec"].get("volumeName")
    reserved = (reference.get("namespace"), reference.get("name"))
    if not is_live(volume) or (reference and reserved != (metadata["namespace"], metadata["name"])):
        return False
    if reference.get("uid") not in (None, "", metadata["uid"]):
        return False
    if name and volume["metadata"]["name"] != name:
        return False
    requested = claim["spec"].get("resources", {}).get("requests", {}).get("storage", "0")
    return (
        number(spec.get("capacity", {}).get("storage", "0")) >= number(requested)
        and set(claim["spec"].get("accessModes") or []) <= set(spec.get("accessModes") or [])
        and spec.get("volumeMode", "Filesystem") == claim["spec"].get("volumeMode", "Filesystem")
        and spec.get("storageClassName", "") == (claim["spec"].get("storageClassName") or "")
        and (bool(name or reference) or status_of(volume).get("phase") == "Available")
    )
