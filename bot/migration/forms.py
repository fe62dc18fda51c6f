"""Objects as they will be in the target, made anew from the source whenever they are needed.

Nothing of them is stored between steps: the plan names them, the source has them, and the same rules make the
same objects again. After the source was quiesced the before-image says how they were.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from bot.drivers.catalog import profile
from bot.migration.canonical import digest
from bot.migration.inventory import Inventory
from bot.migration.modes import AUTOSCALER, SCALED, held
from bot.migration.objects import Object, Ref, ref_of, spec_of
from bot.migration.plan import Plan
from bot.migration.source.changes import BeforeImage
from bot.migration.transforms.catalog import transformed
from bot.migration.transforms.unit import Context, Transformed
from bot.migration.volumes import static
from bot.migration.volumes.choices import Choice, Volume
from bot.settings.file import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Forms:
    """The planned objects. `final` is how they work, `held` how they wait; neither shows in `repr`."""

    final: Mapping[Ref, Object] = dataclasses.field(repr=False)
    held: Mapping[Ref, Object | None] = dataclasses.field(repr=False)  # None: withheld
    gone: tuple[Ref, ...] = ()  # planned, and no longer on the source


def context_of(plan: Plan, mappings: Mappings) -> Context:
    """What the transforms look at; notes were made when it was planned, so that addresses are left out."""
    return Context(
        source=profile(plan.source.driver),
        target=profile(plan.target.driver),
        namespaces=frozenset(plan.namespaces),
        keep_finalizers=frozenset(mappings.keep_finalizers),
    )


def forms(plan: Plan, inventory: Inventory, mappings: Mappings, image: BeforeImage | None = None) -> Forms:
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
    return Forms(final=final, held=waiting, gone=tuple(gone))


def shaped(
    original: Object, context: Context, mappings: Mappings, migration: str, volume: Volume | None
) -> Transformed:
    """One object as it will work in the target; a claim with the volume that was chosen for it."""
    made = transformed(original, context, mappings, migration=migration)
    if volume is None or volume.choice not in (Choice.REATTACH, Choice.EMPTY):
        return made
    claim = static.bound_claim if volume.moves else static.grown_claim
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
