"""Claims and storage classes. Which volume a claim gets is decided by `bot.migration.volumes`."""

from collections.abc import Iterator

from bot.migration.objects.fields import Object, annotations_of, drop_annotations
from bot.migration.objects.kinds import CLAIM
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

IN_TREE, CSI = "kubernetes.io/cinder", "cinder.csi.openstack.org"
OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
BOUND = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-resizer",
    OLD_CLASS,
)


def _claim(obj: Object, original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    spec = obj["spec"]
    storage_class = annotations_of(original).get(OLD_CLASS)
    if storage_class is not None:
        spec.setdefault("storageClassName", storage_class)
    drop_annotations(obj, *BOUND)
    spec.pop("volumeName", None)
    sources = [spec.pop(field, None) for field in ("dataSource", "dataSourceRef")]
    if any(sources):
        yield TransformNote(text="the source it was once filled from is dropped")


def _storage_class(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    if obj.get("provisioner") == IN_TREE:
        obj["provisioner"] = CSI
        yield warning(f"its provisioner {IN_TREE} is no longer part of Kubernetes: {CSI} takes its place")


TRANSFORMS = (
    Transform(kinds=(CLAIM,), rewrite=_claim),
    Transform(kinds=(("storage.k8s.io", "StorageClass"),), rewrite=_storage_class),
)
