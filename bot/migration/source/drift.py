"""The second look at the source, right before the cut-over: what has changed since it was planned and
copied.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from bot.drivers.catalog import profile
from bot.migration.inventory import exclusions
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.namespace_selection import system_namespaces
from bot.migration.objects.canonical import KEYED
from bot.migration.objects.manifest import Object, Ref, uid_of, version_of
from bot.migration.objects.target_objects import autoscaled, fingerprint
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.before_image import BeforeImage
from bot.settings.file import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceDrift:
    """What is not as it was planned. `replaced` were deleted and made again: another uid.

    `unsure` are Secrets that were written since and that cannot be compared: the key of their digests is not
    here.
    """

    changed: tuple[Ref, ...] = ()
    gone: tuple[Ref, ...] = ()
    new: tuple[Ref, ...] = ()
    replaced: tuple[Ref, ...] = ()
    unsure: tuple[Ref, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.new or self.replaced or self.unsure)

    def lines(self) -> Iterable[str]:
        """One line for each that is certain, for people."""
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
    image: BeforeImage | None = None,
) -> SourceDrift:
    """Compare the source with the plan. With an image, changes that the migration made itself do not count.

    `key` is the one that the plan was made with; None if that is another replica's.
    """
    objects = {ref: image.before(obj) if image is not None else obj for ref, obj in inventory.objects.items()}
    scaled = autoscaled(objects.values())
    planned = plan.by_ref
    changed, replaced, unsure = [], [], []
    for ref, item in planned.items():
        live = objects.get(ref)
        if live is None:
            continue
        if uid_of(live) != item.uid:
            replaced.append(ref)
        elif key is None and item.digest.startswith(KEYED):
            if not item.version or version_of(live) != item.version:
                unsure.append(ref)
        elif fingerprint(live, key or b"", scaled) != item.digest:
            changed.append(ref)
    return SourceDrift(
        changed=tuple(sorted(changed)),
        replaced=tuple(sorted(replaced)),
        unsure=tuple(sorted(unsure)),
        gone=tuple(sorted(set(planned) - set(objects))),
        new=tuple(sorted(_new(plan, inventory, objects, mappings))),
    )


def _new(
    plan: MigrationPlan, inventory: Inventory, objects: dict[Ref, Object], mappings: Mappings
) -> set[Ref]:
    """What would be copied today and was not planned."""
    grounds = exclusions.exclusion_context(
        dataclasses.replace(inventory, objects=objects),
        profile(plan.target.driver),
        skip=mappings.skip,
        early=plan.early,
        helm=mappings.helm == "copy",
    )
    kept, _ = exclusions.split(grounds)
    found = set(kept) | (_namespaces(plan, objects) if plan.everything else set())
    return found - {item.ref for item in plan.items} - {each.ref for each in plan.left}


def _namespaces(plan: MigrationPlan, objects: dict[Ref, Object]) -> set[Ref]:
    """Namespaces that were made since; what is in them was not read."""
    known = system_namespaces() | set(plan.namespaces)
    return {ref for ref in objects if (ref.group, ref.kind) == ("", "Namespace") and ref.name not in known}
