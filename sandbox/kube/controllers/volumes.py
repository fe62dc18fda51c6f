"""PersistentVolumes: claims are bound or provisioned, and what is left of a claim follows its reclaim
policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.infrastructure.volumes import BlockStorage, StorageRefused
from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.attachments import DRIVER
from sandbox.kube.controllers.events import Recorder
from sandbox.kube.controllers.owned_pods import Object, is_live

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROTECTION, VOLUME_PROTECTION = "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"
PROVISIONED = "pv.kubernetes.io/provisioned-by"
ZONE = "topology.cinder.csi.openstack.org/zone"
PAUSE = timedelta(seconds=0.5)  # between attempts to delete a disk


class Volumes:
    """The controllers of claims and volumes, and Cinder's provisioner."""

    watches = frozenset(
        {"PersistentVolumeClaim", "PersistentVolume", "StorageClass", "Pod", "VolumeAttachment"}
    )
    patient = True

    def __init__(
        self, store: Store, storage: BlockStorage, *, cluster: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._storage = storage
        self._cluster = cluster
        self._clock = clock
        registry = store.registry
        self._claims, self._volumes = (
            registry.named("PersistentVolumeClaim"),
            registry.named("PersistentVolume"),
        )
        self._classes, self._pods = registry.named("StorageClass"), registry.named("Pod")
        self._recorder = Recorder(store)
        self.next_due: datetime | None = None

    def sync(self) -> None:
        """Look at every claim and volume once."""
        self.next_due = None
        for claim in self._store.all_of(self._claims):
            if not is_live(claim):
                self._finish(claim)
            elif (claim.get("status") or {}).get("phase") == "Bound":
                self._still_there(claim)
            else:
                self._bind(claim)
        for volume in self._store.all_of(self._volumes):
            self._volume(volume)

    # --- claims

    def _finish(self, claim: Object) -> None:
        """A claim that no pod uses any more loses its protection."""
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        finalizers = claim["metadata"].get("finalizers", [])
        if PROTECTION in finalizers and not self._users(claim):
            left = [each for each in finalizers if each != PROTECTION]
            self._store.mutate(
                self._claims, namespace, name, lambda obj: obj["metadata"].update(finalizers=left)
            )

    def _users(self, claim: Object) -> list[Object]:
        return [
            pod
            for pod in self._store.all_of(self._pods, claim["metadata"]["namespace"])
            if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
            for volume in pod["spec"].get("volumes") or []
            if (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim["metadata"]["name"]
        ]

    def _still_there(self, claim: Object) -> None:
        if not self._store.has(self._volumes, None, claim["spec"]["volumeName"]):
            self._claim_phase(claim, {**claim["status"], "phase": "Lost"})

    def _bind(self, claim: Object) -> None:
        named = claim["spec"].get("volumeName")
        volume = next((v for v in self._store.all_of(self._volumes) if _suits(v, claim, named)), None)
        if volume is None and not named:
            volume = self._provision(claim)
        if volume is None:
            if (claim.get("status") or {}).get("phase") != "Lost":
                self._claim_phase(claim, {"phase": "Pending"})
            return
        name = volume["metadata"]["name"]
        reference = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": claim["metadata"]["name"],
            "namespace": claim["metadata"]["namespace"],
            "uid": claim["metadata"]["uid"],
            "resourceVersion": claim["metadata"]["resourceVersion"],
        }
        if (volume["spec"].get("claimRef") or {}).get("uid") != reference["uid"]:
            self._store.mutate(self._volumes, None, name, lambda obj: obj["spec"].update(claimRef=reference))
        self._phase(name, "Bound")

        def bind(obj: Object) -> None:
            marks = obj["metadata"].setdefault("annotations", {})
            marks["pv.kubernetes.io/bind-completed"] = "yes"
            if not named:
                marks["pv.kubernetes.io/bound-by-controller"] = "yes"
            obj["spec"]["volumeName"] = name

        at = claim["metadata"]["namespace"], claim["metadata"]["name"]
        self._store.mutate(self._claims, *at, bind)
        status = {
            "phase": "Bound",
            "accessModes": volume["spec"].get("accessModes", []),
            "capacity": dict(volume["spec"].get("capacity", {})),
        }
        self._claim_phase(claim, status)

    def _claim_phase(self, claim: Object, status: Object) -> None:
        if claim.get("status") != status:
            at = claim["metadata"]["namespace"], claim["metadata"]["name"]
            self._store.mutate(self._claims, *at, lambda obj: obj.update(status=status), subresource="status")

    def _provision(self, claim: Object) -> Object | None:
        found = self._class(claim)
        if found is None or found["provisioner"] != DRIVER or claim["spec"].get("selector"):
            return None
        if found.get("volumeBindingMode") == "WaitForFirstConsumer" and not self._users(claim):
            return None
        metadata, size = claim["metadata"], claim["spec"]["resources"]["requests"]["storage"]
        gigabytes = max(1, -(-int(number(size)) // 2**30))
        name = f"pvc-{metadata['uid']}"
        disk = self._storage.create(
            name,
            gigabytes,
            {
                "cinder.csi.openstack.org/cluster": self._cluster,
                "csi.storage.k8s.io/pv/name": name,
                "csi.storage.k8s.io/pvc/name": metadata["name"],
                "csi.storage.k8s.io/pvc/namespace": metadata["namespace"],
            },
        )

        def mark(obj: Object) -> None:
            for field in (
                "volume.beta.kubernetes.io/storage-provisioner",
                "volume.kubernetes.io/storage-provisioner",
            ):
                obj["metadata"].setdefault("annotations", {})[field] = DRIVER
            obj["spec"].setdefault("storageClassName", found["metadata"]["name"])

        self._store.mutate(self._claims, metadata["namespace"], metadata["name"], mark)
        zone = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [disk.zone]}]}
        volume = {
            "metadata": {
                "name": name,
                "finalizers": [VOLUME_PROTECTION],
                "annotations": {PROVISIONED: DRIVER},
            },
            "spec": {
                "capacity": {"storage": f"{gigabytes}Gi"},
                "accessModes": claim["spec"].get("accessModes", ["ReadWriteOnce"]),
                "volumeMode": "Filesystem",
                "persistentVolumeReclaimPolicy": found.get("reclaimPolicy", "Delete"),
                "storageClassName": found["metadata"]["name"],
                "csi": {
                    "driver": DRIVER,
                    "volumeHandle": disk.id,
                    "fsType": (found.get("parameters") or {}).get("csi.storage.k8s.io/fstype", "ext4"),
                    "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": f"1-8081-{DRIVER}"},
                },
                "nodeAffinity": {"required": {"nodeSelectorTerms": [zone]}},
            },
            "status": {"phase": "Available"},
        }
        return self._store.create(self._volumes, volume)

    def _class(self, claim: Object) -> Object | None:
        wanted = claim["spec"].get("storageClassName")
        for found in self._store.all_of(self._classes):
            default = (found["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
            if found["metadata"]["name"] == wanted or (wanted is None and default):
                return found
        return None

    # --- volumes

    def _volume(self, volume: Object) -> None:
        reference, name = volume["spec"].get("claimRef"), volume["metadata"]["name"]
        bound = bool(reference and reference.get("uid")) and self._has_claim(reference)
        if not is_live(volume):
            if not bound:
                self._reclaim(volume, asked=True)
            return
        if not reference or not reference.get("uid"):
            if (volume.get("status") or {}).get("phase") != "Available":
                self._phase(name, "Available")
            return
        if not bound:
            self._phase(name, "Released")
            if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                self._reclaim(self._store.peek(self._volumes, None, name), asked=False)

    def _has_claim(self, reference: Object) -> bool:
        if not self._store.has(self._claims, reference["namespace"], reference["name"]):
            return False
        claim = self._store.peek(self._claims, reference["namespace"], reference["name"])
        return bool(claim["metadata"]["uid"] == reference["uid"])

    def _reclaim(self, volume: Object, *, asked: bool) -> None:
        """Delete the disk of a volume whose policy says so; Cinder refuses while it is attached, and it
        is asked again.
        """
        name, spec = volume["metadata"]["name"], volume["spec"]
        ours = (volume["metadata"].get("annotations") or {}).get(PROVISIONED) == DRIVER and "csi" in spec
        if ours and spec.get("persistentVolumeReclaimPolicy") == "Delete":
            try:
                self._storage.delete(spec["csi"]["volumeHandle"])
            except StorageRefused as refused:
                if refused.status != 404:
                    said = re.sub(r"\s+", " ", str(refused))
                    why = f"rpc error: code = Internal desc = DeleteVolume failed with error {said}"
                    self._recorder.warn(
                        volume, "VolumeFailedDelete", why, f"{DRIVER}_csi-cinder-controllerplugin"
                    )
                    self.next_due = self._clock() + PAUSE
                    return
        if ours or asked:
            self._store.drop(self._volumes, None, name)

    def _phase(self, name: str, phase: str) -> None:
        if (self._store.peek(self._volumes, None, name).get("status") or {}).get("phase") != phase:
            self._store.mutate(
                self._volumes,
                None,
                name,
                lambda obj: obj.update(status={"phase": phase}),
                subresource="status",
            )


def _suits(volume: Object, claim: Object, named: str | None) -> bool:
    spec, reference, metadata = volume["spec"], volume["spec"].get("claimRef") or {}, claim["metadata"]
    if not is_live(volume):
        return False
    if reference and (reference.get("namespace"), reference.get("name")) != (
        metadata["namespace"],
        metadata["name"],
    ):
        return False
    if reference.get("uid") and reference["uid"] != metadata["uid"]:
        return False
    if named and volume["metadata"]["name"] != named:
        return False
    wanted = claim["spec"].get("resources", {}).get("requests", {}).get("storage", "0")
    enough = number(spec.get("capacity", {}).get("storage", "0")) >= number(wanted)
    modes = set(claim["spec"].get("accessModes") or []) <= set(spec.get("accessModes") or [])
    same_mode = spec.get("volumeMode", "Filesystem") == claim["spec"].get("volumeMode", "Filesystem")
    same_class = spec.get("storageClassName", "") == (claim["spec"].get("storageClassName") or "")
    free = bool(named) or bool(reference) or (volume.get("status") or {}).get("phase") == "Available"
    return enough and modes and same_mode and same_class and free
