"""The statically provisioned pair by which a disk that exists is bound to a claim in the new cluster.

The PersistentVolume names the claim (without a uid, which the claim does not have yet) and the claim names
the volume, with one storage class on both, or the binder would provision another one. The reclaim policy is
Retain: a mistake with the objects never reaches the disk.
"""

import copy

from bot.migration.objects.fields import MIGRATION, Object, Ref
from bot.migration.objects.transforms.storage import CSI
from bot.migration.volumes.choices import PlannedVolume

ZONE = "topology.cinder.csi.openstack.org/zone"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


def volume_ref(volume: PlannedVolume) -> Ref:
    """Return the reference of the PersistentVolume in the target: it has its name of the source."""
    return Ref("", "PersistentVolume", "", volume.volume)


def persistent_volume(volume: PlannedVolume, claim: Object, migration: str) -> Object:
    """Return the PersistentVolume of a disk that moves; `claim` is the claim as it will be in the target."""
    spec: Object = {
        "capacity": {"storage": volume.size},
        "accessModes": list(volume.access_modes),
        "volumeMode": volume.volume_mode,
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": claim["spec"].get("storageClassName") or "",
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": volume.claim.namespace,
            "name": volume.claim.name,
        },
        "csi": _csi_source(volume),
    }
    if volume.mount_options:
        spec["mountOptions"] = list(volume.mount_options)
    if volume.zone:
        term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [volume.zone]}]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
    metadata = {"name": volume.volume, "annotations": {PROVISIONED_BY: CSI}, "labels": {MIGRATION: migration}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def _csi_source(volume: PlannedVolume) -> Object:
    csi: Object = {"driver": CSI, "volumeHandle": volume.handle}
    if volume.fs_type:
        csi["fsType"] = volume.fs_type
    if volume.attributes:
        csi["volumeAttributes"] = dict(volume.attributes)
    return csi


def bound_claim(volume: PlannedVolume, claim: Object) -> Object:
    """Return the claim of a disk that moves: it names the volume, and asks for no more than there is."""
    bound = copy.deepcopy(claim)
    spec = bound["spec"]
    spec["volumeName"] = volume.volume
    spec["storageClassName"] = spec.get("storageClassName") or ""
    spec["volumeMode"] = volume.volume_mode
    _request_storage(spec, volume.size)
    return bound


def grown_claim(volume: PlannedVolume, claim: Object) -> Object:
    """Return the claim of a volume that starts empty: as large as the old volume, if that was grown."""
    grown = copy.deepcopy(claim)
    if volume.capacity:
        _request_storage(grown["spec"], volume.capacity)
    return grown


def _request_storage(claim_spec: Object, size: str) -> None:
    claim_spec.setdefault("resources", {}).setdefault("requests", {})["storage"] = size
