"""The inputs of a plan's checks: what was read of both clusters, and what follows from it, computed once."""

import dataclasses
from collections.abc import Mapping
from functools import cached_property

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusion_rules import ExclusionContext
from bot.migration.inventory.exclusions import ExcludedObject
from bot.migration.inventory.served_apis import CommonApis
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.fields import Object, Ref, pod_spec_of
from bot.migration.objects.kinds import is_workload
from bot.migration.objects.transforms.transform import TransformContext, Transformed
from bot.migration.volumes.choices import PlannedVolume
from bot.settings.mappings import Mappings


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanInputs:
    """What the checks look at.

    `copied` and `excluded` are the source's objects. `transformed` lacks objects that a configured patch does
    not fit. `volume_words` are the choices for volumes as they were typed. `same_project` says whether both
    clusters are in one OpenStack project, if that is known. `unknown_addons` are the workloads in kube-system
    that Magnum does not install.
    """

    inventory: Inventory
    target: TargetFacts
    exclusions: ExclusionContext
    common_apis: CommonApis
    context: TransformContext
    mappings: Mappings
    copied: Mapping[Ref, Object] = dataclasses.field(repr=False)
    excluded: tuple[ExcludedObject, ...]
    transformed: Mapping[Ref, Transformed] = dataclasses.field(repr=False)
    volumes: tuple[PlannedVolume, ...]
    volume_words: tuple[str, ...]
    early: frozenset[str]
    operators: frozenset[Ref]
    unknown_addons: tuple[str, ...] = ()
    same_project: bool | None = None

    @cached_property
    def target_objects(self) -> dict[Ref, Object]:
        """The objects as they will be in the target once everything has started."""
        return {ref: transformed.obj for ref, transformed in self.transformed.items()}

    @cached_property
    def target_pods(self) -> dict[Ref, Object]:
        """The pod specs of the workloads as they will be in the target."""
        return {ref: pod_spec_of(obj) for ref, obj in self.target_objects.items() if is_workload(ref)}

    def of(self, kind: str, group: str = "") -> list[Object]:
        """Return the objects of a kind that are copied, as they are on the source."""
        return [obj for ref, obj in self.copied.items() if ref.group_kind == (group, kind)]

    def will_have(self, group: str, kind: str, name: str, namespace: str = "") -> bool:
        """Return whether the target will have an object of the source."""
        return Ref(group, kind, namespace, name) in self.target_objects
