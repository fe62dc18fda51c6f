"""Namespaces: labels stay, because pod security and policies' selectors live by them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.migration.objects.manifest import Object, annotations_of
from bot.migration.objects.transforms.metadata import drop_annotations
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning


def _namespace(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    obj.pop("spec", None)
    prefixes = (*context.source.pod_annotations, *context.target.pod_annotations)
    pinned = [name for name in annotations_of(obj) if name.startswith(prefixes or ("\0",))]
    for name in drop_annotations(obj, *pinned):
        yield warning(f"the annotation {name} chose an address pool of the old cluster, and is dropped")


UNITS = (Transform(kinds=(("", "Namespace"),), rewrite=_namespace),)
