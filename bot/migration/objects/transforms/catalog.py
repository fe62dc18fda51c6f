"""All units, and an object's way through them."""

from __future__ import annotations

from bot.migration.objects.manifest import MIGRATION, Object, group_of, ref_of
from bot.migration.objects.transforms import (
    api_extensions,
    configuration,
    mapping,
    metadata,
    namespaces,
    network,
    pods,
    services,
    storage,
    workloads,
)
from bot.migration.objects.transforms.transform import Transform, TransformContext, Transformed, TransformNote
from bot.settings.file import Mappings

UNITS: dict[tuple[str, str], Transform] = {
    kind: unit
    for module in (configuration, api_extensions, namespaces, network, pods, services, storage, workloads)
    for unit in module.UNITS
    for kind in unit.kinds
}


def strip(original: Object, context: TransformContext) -> tuple[Object, list[TransformNote]]:
    """An object without what belongs to its cluster. May be repeated: of its own result it makes the
    same again.
    """
    obj, notes = metadata.strip(original, context)
    unit = UNITS.get((group_of(original["apiVersion"]), original["kind"]))
    if unit is not None:
        notes += unit.rewrite(obj, original, context)
    return obj, notes


def transformed(
    original: Object, context: TransformContext, mappings: Mappings, *, migration: str
) -> Transformed:
    """An object as it will be in the target, labelled with the migration's id. Raises `PatchFailed`."""
    obj, notes = strip(original, context)
    obj, more = mapping.adapt(obj, mappings)
    return Transformed(ref=ref_of(obj), obj=labelled(obj, migration), notes=(*notes, *more))


def labelled(obj: Object, migration: str) -> Object:
    """With the label by which a migration finds what it made."""
    labels = {**(obj["metadata"].get("labels") or {}), MIGRATION: migration}
    return {**obj, "metadata": {**obj["metadata"], "labels": labels}}
