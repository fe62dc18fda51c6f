"""What is not copied: every excluded object has a reason, which the plan and the report show."""

import dataclasses
from collections.abc import Iterable

from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusion_rules import RULES, ExclusionContext, ExclusionReason
from bot.migration.objects.fields import Object, Ref, ref_of
from bot.migration.objects.ownership import graph
from bot.settings.mappings import ObjectSelector


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExcludedObject:
    """One object that is not copied, and why."""

    ref: Ref
    reason: ExclusionReason
    why: str


def exclusion_context(
    inventory: Inventory,
    target: DriverProfile,
    *,
    skip: Iterable[ObjectSelector] = (),
    early: Iterable[str] = (),
    helm: bool = True,
) -> ExclusionContext:
    """Return what the rules look at: the source, the target's driver, and what people have asked for."""
    return ExclusionContext(
        namespaces=frozenset(inventory.namespaces),
        graph=graph(inventory.objects.values()),
        inventory=inventory,
        target=target,
        skip=tuple(skip),
        early=frozenset(early),
        helm=helm,
    )


def exclusion_of(obj: Object, context: ExclusionContext) -> ExcludedObject | None:
    """Return the first reason against copying an object, or None if it is copied."""
    for rule in RULES:
        exclusion = rule(obj, context)
        if exclusion is not None:
            reason, why = exclusion
            return ExcludedObject(ref=ref_of(obj), reason=reason, why=why)
    return None


def split(context: ExclusionContext) -> tuple[dict[Ref, Object], tuple[ExcludedObject, ...]]:
    """Return everything that was read as what is copied and what is excluded, both in order."""
    copied: dict[Ref, Object] = {}
    excluded: list[ExcludedObject] = []
    for ref, obj in sorted(context.inventory.objects.items(), key=lambda pair: pair[0]):
        exclusion = exclusion_of(obj, context)
        if exclusion is None:
            copied[ref] = obj
        else:
            excluded.append(exclusion)
    return copied, tuple(excluded)
