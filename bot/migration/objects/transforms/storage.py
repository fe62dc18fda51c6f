"""Claims and storage classes. Which volume a claim gets is decided apart, in `bot.migration.volumes`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.migration.objects.manifest import Object
from bot.migration.objects.transforms.metadata import drop_annotations
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

IN_TREE, CSI = "kubernetes.io/cinder", "cinder.csi.openstack.org"
BOUND = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-resizer",
    "volume.beta.kubernetes.io/storage-class",
)


def _claim(obj: Object, original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    spec = obj["spec"]
    old = (original["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    if old is not None:
        spec.setdefault("storageClassName", old)
    drop_annotations(obj, *BOUND)
    spec.pop("volumeName", None)
    if spec.pop("dataSource", None) or spec.pop("dataSourceRef", None):
        spec.pop("dataSourceRef", None)
        yield TransformNote(text="the source it was once filled from is dropped")


def _storage_class(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    if obj.get("provisioner") == IN_TREE:
        obj["provisioner"] = CSI
        yield warning(f"its provisioner {IN_TREE} is no longer part of Kubernetes: {CSI} takes its place")


UNITS = (
    Transform(kinds=(("", "PersistentVolumeClaim"),), rewrite=_claim),
    Transform(kinds=(("storage.k8s.io", "StorageClass"),), rewrite=_storage_class),
)
