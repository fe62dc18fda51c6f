"""The planned objects as they will be in the target, made anew from the source whenever they are needed.

Nothing of them is stored between steps: the plan names them, the source has them, and the same rules make the
same objects again. After the source was quiesced the before-image says how they were.
"""

import dataclasses
from collections.abc import Mapping

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.cutover_modes import waiting_form
from bot.migration.objects.fields import Object, Ref
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.target_form import context_of, target_form
from bot.migration.source.before_image import BeforeImage
from bot.settings.mappings import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetObjects:
    """The planned objects; neither form shows in `repr`, because Secrets are among them.

    `final` is how they work, and `waiting` how they wait for the cut-over (None: withheld until then). What
    was planned and is no longer on the source is in neither.
    """

    final: Mapping[Ref, Object] = dataclasses.field(repr=False)
    waiting: Mapping[Ref, Object | None] = dataclasses.field(repr=False)


def build(
    plan: MigrationPlan, inventory: Inventory, mappings: Mappings, image: BeforeImage | None = None
) -> TargetObjects:
    """Return both forms of every planned object that is still on the source. Raises `PatchFailed`.

    With a before-image objects are taken as they were before the source was changed.
    """
    context, volumes = context_of(plan, mappings), {volume.claim: volume for volume in plan.volumes}
    final: dict[Ref, Object] = {}
    waiting: dict[Ref, Object | None] = {}
    for item in plan.items:
        original = inventory.objects.get(item.ref)
        if original is None:
            continue
        before = image.before(original) if image is not None else original
        volume = volumes.get(item.ref)
        target = target_form(before, context, mappings, migration=plan.migration, volume=volume)
        final[item.ref] = target.obj
        waiting[item.ref] = waiting_form(target.obj, item.hold)
    return TargetObjects(final=final, waiting=waiting)
