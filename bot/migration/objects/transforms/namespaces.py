"""Namespaces: labels are copied, because pod security and the selectors of policies depend on them."""

from collections.abc import Iterator

from bot.migration.objects.fields import Object, annotations_of, drop_annotations
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning


def _namespace(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    obj.pop("spec", None)
    pinned = [name for name in annotations_of(obj) if name.startswith(context.pod_annotations)]
    for name in drop_annotations(obj, *pinned):
        yield warning(f"the annotation {name} chose an address pool of the old cluster, and is dropped")


TRANSFORMS = (Transform(kinds=(("", "Namespace"),), rewrite=_namespace),)
