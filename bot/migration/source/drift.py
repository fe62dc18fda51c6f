"""Drift: what has changed on the source since it was planned and copied. Looked for before the cut-over."""

import dataclasses
from collections.abc import Iterable, Mapping

from bot.drivers.catalog import profile
from bot.migration.inventory import exclusions
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.namespace_selection import system_namespaces
from bot.migration.objects.canonical import KEYED
from bot.migration.objects.fields import Object, Ref, uid_of, version_of
from bot.migration.objects.fingerprint import autoscaled, fingerprint
from bot.migration.planning.plan import MigrationPlan, PlannedObject
from bot.migration.source.before_image import BeforeImage
from bot.settings.mappings import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceDrift:
    """What is not as it was planned. `replaced` were deleted and created again: they have another uid.

    `unsure` are Secrets that were written since and that cannot be compared, because the key of their digests
    is another replica's.
    """

    changed: tuple[Ref, ...] = ()
    gone: tuple[Ref, ...] = ()
    new: tuple[Ref, ...] = ()
    replaced: tuple[Ref, ...] = ()
    unsure: tuple[Ref, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.new or self.replaced or self.unsure)

    def lines(self) -> Iterable[str]:
        """Yield a line for each difference that is certain, for people."""
        for word, refs in (
            ("changed", self.changed),
            ("gone", self.gone),
            ("new", self.new),
            ("made anew", self.replaced),
        ):
            yield from (f"{ref} ({word})" for ref in refs)


def drift(
    plan: MigrationPlan,
    inventory: Inventory,
    mappings: Mappings,
    key: bytes | None,
    *,
    image: BeforeImage | None = None,
) -> SourceDrift:
    """Compare the source with the plan.

    `key` is the one that the plan was made with, or None if that is another replica's. With a before-image
    the changes that the migration made itself do not count.
    """
    objects = {ref: image.before(obj) if image is not None else obj for ref, obj in inventory.objects.items()}
    scaled, planned = autoscaled(objects.values()), plan.by_ref
    present = {ref: (objects[ref], item) for ref, item in planned.items() if ref in objects}
    unreplaced = {ref: pair for ref, pair in present.items() if uid_of(pair[0]) == pair[1].uid}
    unkeyed = {ref for ref, (_, item) in unreplaced.items() if key is None and item.digest.startswith(KEYED)}
    changed = {
        ref
        for ref, (live, item) in unreplaced.items()
        if ref not in unkeyed and fingerprint(live, key or b"", scaled) != item.digest
    }
    return SourceDrift(
        changed=tuple(sorted(changed)),
        replaced=tuple(sorted(present.keys() - unreplaced.keys())),
        unsure=tuple(sorted(ref for ref in unkeyed if _is_written(*unreplaced[ref]))),
        gone=tuple(sorted(planned.keys() - objects.keys())),
        new=tuple(sorted(_new(plan, dataclasses.replace(inventory, objects=objects), mappings))),
    )


def _is_written(live: Object, item: PlannedObject) -> bool:
    """Return whether an object was written since; a plan of an older version does not say."""
    return not item.version or version_of(live) != item.version


def _new(plan: MigrationPlan, inventory: Inventory, mappings: Mappings) -> set[Ref]:
    """Return what would be copied today and was not planned."""
    rules = exclusions.exclusion_context(
        inventory,
        profile(plan.target.driver),
        skip=mappings.skip,
        early=plan.early,
        helm=mappings.helm == "copy",
    )
    copied, _ = exclusions.split(rules)
    namespaces = _new_namespaces(plan, inventory.objects) if plan.everything else set()
    return (copied.keys() | namespaces) - plan.by_ref.keys() - {excluded.ref for excluded in plan.left}


def _new_namespaces(plan: MigrationPlan, objects: Mapping[Ref, Object]) -> set[Ref]:
    """Return the namespaces that were created since; what is in them was not read."""
    planned = system_namespaces() | set(plan.namespaces)
    return {ref for ref in objects if ref.group_kind == ("", "Namespace") and ref.name not in planned}
