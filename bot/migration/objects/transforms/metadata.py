"""The metadata of every kind, also of kinds that no other transform is for."""

from bot.migration.objects.canonical import CHURNING, prune, without_server_fields
from bot.migration.objects.fields import CHOICE, Object, annotations_of, drop_annotations
from bot.migration.objects.transforms.transform import TransformContext, TransformNote

OUR_NOTES = "xk8s.io/"  # the prefix of our annotations on a source; `CHOICE` is the team's and is copied
KEPT_FIELDS = frozenset({"namespace", "name", "labels", "annotations", "finalizers"})


def strip(original: Object, context: TransformContext) -> tuple[Object, list[TransformNote]]:
    """Return a copy without status, owners, and the metadata that only the source's servers wrote."""
    obj = prune(without_server_fields(original))
    notes = _drop_finalizers(obj["metadata"], context)
    if obj["metadata"].get("ownerReferences"):
        notes.append(TransformNote(text="it has no owner in the new cluster: uids differ"))
    obj["metadata"] = {key: value for key, value in obj["metadata"].items() if key in KEPT_FIELDS}
    drop_annotations(obj, *(name for name in annotations_of(obj) if not _is_copied(name)))
    return obj, notes


def _is_copied(annotation: str) -> bool:
    return annotation not in CHURNING and (annotation == CHOICE or not annotation.startswith(OUR_NOTES))


def _drop_finalizers(metadata: Object, context: TransformContext) -> list[TransformNote]:
    """Drop finalizers: without its controller one makes an object that cannot be deleted."""
    finalizers = metadata.pop("finalizers", None) or []
    retained = [name for name in finalizers if name in context.keep_finalizers]
    dropped = [name for name in finalizers if name not in retained and "kubernetes.io/" not in name]
    if retained:
        metadata["finalizers"] = retained
    if not dropped:
        return []
    return [TransformNote(text=f"finalizers dropped, their controller adds its own: {', '.join(dropped)}")]
