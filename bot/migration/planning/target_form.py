"""The form of an object in the target: transformed, and a claim with the volume that was chosen for it."""

import dataclasses

from bot.drivers.catalog import profile
from bot.migration.objects.fields import Object
from bot.migration.objects.transforms.catalog import transformed
from bot.migration.objects.transforms.transform import TransformContext, Transformed
from bot.migration.planning.plan import MigrationPlan
from bot.migration.volumes import static_volumes
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.settings.mappings import Mappings


def context_of(plan: MigrationPlan, mappings: Mappings) -> TransformContext:
    """Return what the transforms of a plan look at.

    The source's addresses are left out: they serve notes only, which were made when it was planned.
    """
    return TransformContext(
        source=profile(plan.source.driver),
        target=profile(plan.target.driver),
        namespaces=frozenset(plan.namespaces),
        keep_finalizers=frozenset(mappings.keep_finalizers),
    )


def target_form(
    original: Object,
    context: TransformContext,
    mappings: Mappings,
    *,
    migration: str,
    volume: PlannedVolume | None,
) -> Transformed:
    """Return one object as it will work in the target, with the migration's label. Raises `PatchFailed`.

    `original` is the object as it was before the source was quiesced; `volume` is a claim's.
    """
    target = transformed(original, context, mappings, migration=migration)
    if volume is None or volume.choice not in (VolumeChoice.REATTACH, VolumeChoice.EMPTY):
        return target
    claim = static_volumes.bound_claim if volume.moves else static_volumes.grown_claim
    return dataclasses.replace(target, obj=claim(volume, target.obj))
