"""The catalogue of transforms, and an object's way through them."""

from bot.migration.objects.fields import MIGRATION, Object, ref_of, with_label
from bot.migration.objects.transforms import (
    api_extensions,
    configuration,
    mapping,
    metadata,
    namespaces,
    network,
    pods,
    rbac,
    services,
    storage,
    workloads,
)
from bot.migration.objects.transforms.transform import Transform, TransformContext, Transformed, TransformNote
from bot.settings.mappings import Mappings

MODULES = (api_extensions, configuration, namespaces, network, pods, rbac, services, storage, workloads)
CATALOG: dict[tuple[str, str], Transform] = {
    kind: transform for module in MODULES for transform in module.TRANSFORMS for kind in transform.kinds
}


def strip(original: Object, context: TransformContext) -> tuple[Object, list[TransformNote]]:
    """Return a copy of an object without what belongs to its cluster, and notes on what was taken out.

    The function is idempotent: of its own result it makes the same object again.
    """
    obj, notes = metadata.strip(original, context)
    transform = CATALOG.get(ref_of(original).group_kind)
    if transform is not None:
        notes += transform.rewrite(obj, original, context)
    return obj, notes


def transformed(
    original: Object, context: TransformContext, mappings: Mappings, *, migration: str
) -> Transformed:
    """Return an object as it will be in the target, with the label of the migration. Raises `PatchFailed`."""
    obj, notes = strip(original, context)
    obj, mapping_notes = mapping.adapt(obj, mappings)
    return Transformed(ref=ref_of(obj), obj=labelled(obj, migration), notes=(*notes, *mapping_notes))


def labelled(obj: Object, migration: str) -> Object:
    """Return an object with the label by which a migration finds what it has created."""
    return with_label(obj, MIGRATION, migration)
