"""The provisioner of the Cinder CSI driver: a disk and a PersistentVolume for a claim that has none."""

from __future__ import annotations

from sandbox.infrastructure.block_storage import BlockStorage, Volume
from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.volume_attachments import DRIVER
from sandbox.kube.objects import Object, annotations_of, key_of

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROTECTION = "kubernetes.io/pv-protection"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
ZONE = "topology.cinder.csi.openstack.org/zone"


class CinderProvisioner:
    """Creates the disks of one cluster's claims."""

    def __init__(self, store: Store, storage: BlockStorage, *, cluster: str) -> None:
        self._store = store
        self._storage = storage
        self._cluster = cluster
        self._claims = store.registry.named("PersistentVolumeClaim")
        self._classes = store.registry.named("StorageClass")
        self._volumes = store.registry.named("PersistentVolume")

    def provision(self, claim: Object, *, used: bool) -> Object | None:
        """Create a disk and its volume; None if the claim's storage class does not ask for one.

        `used` tells whether a pod mounts the claim, which `WaitForFirstConsumer` waits for.
        """
        storage_class = self._storage_class(claim)
        if storage_class is None or storage_class["provisioner"] != DRIVER or claim["spec"].get("selector"):
            return None
        if storage_class.get("volumeBindingMode") == "WaitForFirstConsumer" and not used:
            return None
        namespace, name = key_of(claim)
        volume_name = f"pvc-{claim['metadata']['uid']}"
        size = max(1, -(-int(number(claim["spec"]["resources"]["requests"]["storage"])) // 2**30))
        metadata = {
            "cinder.csi.openstack.org/cluster": self._cluster,
            "csi.storage.k8s.io/pv/name": volume_name,
            "csi.storage.k8s.io/pvc/name": name,
            "csi.storage.k8s.io/pvc/namespace": namespace,
        }
        disk = self._storage.create(volume_name, size, metadata)
        self._annotate(claim, storage_class)
        return self._store.create(self._volumes, _persistent_volume(disk, claim, storage_class))

    def _annotate(self, claim: Object, storage_class: Object) -> None:
        def annotate(obj: Object) -> None:
            annotations = obj["metadata"].setdefault("annotations", {})
            for prefix in ("volume.beta.kubernetes.io", "volume.kubernetes.io"):
                annotations[f"{prefix}/storage-provisioner"] = DRIVER
            obj["spec"].setdefault("storageClassName", storage_class["metadata"]["name"])

        self._store.mutate(self._claims, *key_of(claim), annotate)

    def _storage_class(self, claim: Object) -> Object | None:
        name = claim["spec"].get("storageClassName")
        for storage_class in self._store.all_of(self._classes):
            default = annotations_of(storage_class).get(DEFAULT_CLASS) == "true"
            if storage_class["metadata"]["name"] == name or (name is None and default):
                return storage_class
        return None


def _persistent_volume(disk: Volume, claim: Object, storage_class: Object) -> Object:
    zone = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [disk.zone]}]}
    return {
        "metadata": {
            "name": disk.name,
            "finalizers": [PROTECTION],
            "annotations": {PROVISIONED_BY: DRIVER},
        },
        "spec": {
            "capacity": {"storage": f"{disk.size}Gi"},
            "accessModes": claim["spec"].get("accessModes", ["ReadWriteOnce"]),
            "volumeMode": "Filesystem",
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "csi": {
                "driver": DRIVER,
                "volumeHandle": disk.id,
                "fsType": (storage_class.get("parameters") or {}).get("csi.storage.k8s.io/fstype", "ext4"),
                "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": f"1-8081-{DRIVER}"},
            },
            "nodeAffinity": {"required": {"nodeSelectorTerms": [zone]}},
        },
        "status": {"phase": "Available"},
    }
