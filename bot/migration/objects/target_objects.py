"""Objects as they will be in the target, made anew from the source whenever they are needed.

Nothing of them is stored between steps: the plan names them, the source has them, and the same rules make the
same objects again. After the source was quiesced the before-image says how they were.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from bot.drivers.catalog import profile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.canonical import digest
from bot.migration.objects.manifest import Object, Ref, ref_of, spec_of
from bot.migration.objects.modes import AUTOSCALER, SCALED, held
from bot.migration.objects.transforms.catalog import transformed
from bot.migration.objects.transforms.transform import TransformContext, Transformed
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.before_image import BeforeImage
from bot.migration.volumes import static_volumes
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.settings.file import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetObjects:
    """The planned objects. `final` is how they work, `held` how they wait; neither shows in `repr`."""

    final: Mapping[Ref, Object] = dataclasses.field(repr=False)
    held: Mapping[Ref, Object | None] = dataclasses.field(repr=False)  # None: withheld
    gone: tuple[Ref, ...] = ()  # planned, and no longer on the source


def context_of(plan: MigrationPlan, mappings: Mappings) -> TransformContext:
    """What the transforms look at; notes were made when it was planned, so that addresses are left out."""
    return TransformContext(
        source=profile(plan.source.driver),
        target=profile(plan.target.driver),
        namespaces=frozenset(plan.namespaces),
        keep_finalizers=frozenset(mappings.keep_finalizers),
    )


def build(
    plan: MigrationPlan, inventory: Inventory, mappings: Mappings, image: BeforeImage | None = None
) -> TargetObjects:
    """Both forms of every planned object that is still on the source. Raises `PatchFailed`."""
    context, volumes = context_of(plan, mappings), {volume.claim: volume for volume in plan.volumes}
    final: dict[Ref, Object] = {}
    waiting: dict[Ref, Object | None] = {}
    gone = []
    for item in plan.items:
        original = inventory.objects.get(item.ref)
        if original is None:
            gone.append(item.ref)
            continue
        before = image.before(original) if image is not None else original
        made = shaped(before, context, mappings, plan.migration, volumes.get(item.ref)).obj
        final[item.ref] = made
        waiting[item.ref] = held(made, item.hold)
    return TargetObjects(final=final, held=waiting, gone=tuple(gone))


def shaped(
    original: Object,
    context: TransformContext,
    mappings: Mappings,
    migration: str,
    volume: PlannedVolume | None,
) -> Transformed:
    """One object as it will work in the target; a claim with the volume that was chosen for it."""
    made = transformed(original, context, mappings, migration=migration)
    if volume is None or volume.choice not in (VolumeChoice.REATTACH, VolumeChoice.EMPTY):
        return made
    claim = static_volumes.bound_claim if volume.moves else static_volumes.grown_claim
    return dataclasses.replace(made, obj=claim(volume, made.obj))


def autoscaled(objects: Iterable[Object]) -> frozenset[Ref]:
    """Workloads whose replicas an autoscaler sets."""
    return frozenset(_targets(objects))


def _targets(objects: Iterable[Object]) -> Iterator[Ref]:
    for obj in objects:
        ref = ref_of(obj)
        if (ref.group, ref.kind) == AUTOSCALER:
            wanted = spec_of(obj)["scaleTargetRef"]
            group = str(wanted.get("apiVersion", "")).rpartition("/")[0]
            yield Ref(group, wanted["kind"], ref.namespace, wanted["name"])


def fingerprint(obj: Object, key: bytes, scaled: frozenset[Ref]) -> str:
    """The digest of an object's configuration; replicas that an autoscaler sets are not configuration."""
    ref = ref_of(obj)
    if ref in scaled and (ref.group, ref.kind) in SCALED:
        obj = {**obj, "spec": {name: value for name, value in spec_of(obj).items() if name != "replicas"}}
    return digest(obj, key)
