"""Everything that the checks of a plan look at, worked out once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property

from bot.drivers.profile import DriverProfile
from bot.migration.inventory.api_discovery import CommonApis
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusions import ExcludedObject, ExclusionContext
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.manifest import Object, Ref
from bot.migration.objects.modes import Hold, Mode
from bot.migration.objects.transforms.transform import TransformContext, Transformed
from bot.migration.volumes.choices import PlannedVolume
from bot.settings.file import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanInputs:
    """What was read, and what follows from it."""

    inventory: Inventory
    target: TargetFacts
    grounds: ExclusionContext
    agreement: CommonApis
    context: TransformContext
    mappings: Mappings
    source_profile: DriverProfile
    target_profile: DriverProfile
    kept: Mapping[Ref, Object] = dataclasses.field(repr=False)
    left: tuple[ExcludedObject, ...]
    transformed: Mapping[Ref, Transformed] = dataclasses.field(repr=False)
    volumes: tuple[PlannedVolume, ...]
    early: frozenset[str]
    operators: frozenset[Ref]
    modes: Mapping[Ref, Mode]
    holds: Mapping[Ref, Hold]
    strangers: tuple[str, ...] = ()
    same_project: bool | None = None

    @cached_property
    def future(self) -> dict[Ref, Object]:
        """Objects as they will be in the target, once everything has started."""
        return {ref: each.obj for ref, each in self.transformed.items()}

    def of(self, kind: str, group: str = "") -> list[Object]:
        """Objects of a kind that are copied, as they are on the source."""
        return [obj for ref, obj in self.kept.items() if (ref.group, ref.kind) == (group, kind)]

    def will_have(self, group: str, kind: str, name: str, namespace: str = "") -> bool:
        """Whether an object will be copied."""
        return Ref(group, kind, namespace, name) in self.future
