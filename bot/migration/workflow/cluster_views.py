"""The source and the target as a step reads them, and the state of them that earlier steps recorded.

Every step reads the clusters anew: the plan names the objects, the source holds them, and the same rules make
the same copies of them again. So nothing that may hold a secret is stored between steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from pydantic import Field, TypeAdapter

from bot.adapters.kube.client import KubeClient
from bot.drivers.catalog import profile
from bot.migration.copy import copier, target_objects
from bot.migration.copy.target_objects import TargetObjects
from bot.migration.copy.writer import Writer
from bot.migration.inventory import exclusions
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusion_rules import ExclusionContext
from bot.migration.inventory.served_apis import ApiSurface, CommonApis, common_apis
from bot.migration.inventory.target_facts import assumed_target
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.survey import read_source
from bot.migration.proof.source_record import SourceRecord
from bot.migration.source.before_image import BeforeImage
from bot.migration.traffic.floating_ips import FloatingIpMove
from bot.migration.workflow.ports import Json, ProjectPorts

Options = ParamSpec("Options")
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceState:
    """The source as it was before the cut-over changed it. The aliases are the keys that are stored."""

    image: BeforeImage  # what to restore in a roll-back
    baseline: Annotated[Baseline, Field(alias="before")]  # what ran, and how much of it was ready
    moves: tuple[FloatingIpMove, ...]  # the floating IPs that move with their Services
    # None: the source was stopped by a version that did not record what it answered
    record: Annotated[SourceRecord | None, Field(alias="seen")] = None

    def to_json(self) -> Json:
        """Return it as it is recorded."""
        stored: Json = _SOURCE_STATE.dump_python(self, mode="json", by_alias=True)
        return stored

    @classmethod
    def from_json(cls, stored: Json) -> SourceState:
        """Read what `to_json` returned."""
        return _SOURCE_STATE.validate_python(stored)


_SOURCE_STATE: TypeAdapter[SourceState] = TypeAdapter(SourceState)


@dataclasses.dataclass(kw_only=True)
class RecordedState:
    """The results of earlier steps that later steps need."""

    target: str = ""  # the id of the new cluster; empty until it is known
    source: SourceState | None = None  # None until the cut-over

    @property
    def quiesced(self) -> SourceState:
        """The source before it was stopped. Raises `RuntimeError` before the cut-over."""
        if self.source is None:
            raise RuntimeError("the state of the source was not recorded")
        return self.source


@dataclasses.dataclass(kw_only=True)
class InventoryCache:
    """The inventory of the source, where several steps of one run share one reading of it."""

    inventory: Inventory | None = None


@dataclasses.dataclass(kw_only=True)
class ClusterViews:
    """Both clusters within one step. What a property needs is read when it is first used."""

    plan: MigrationPlan
    ports: ProjectPorts
    recorded: RecordedState
    source: KubeClient
    target: KubeClient
    cache: InventoryCache

    @cached_property
    def source_apis(self) -> ApiSurface:
        """The APIs that the source serves."""
        return discover(self.source)

    @cached_property
    def target_apis(self) -> ApiSurface:
        """The APIs that the target serves before this step writes anything there."""
        return discover(self.target)

    @cached_property
    def common_apis(self) -> CommonApis:
        """The API versions at which the plan was made: its digests are of objects at these versions."""
        if self.plan.target.id:
            return common_apis(self.source_apis, self.target_apis)
        kubernetes = self.plan.target.kubernetes
        return common_apis(self.source_apis, assumed_target(self.source_apis, kubernetes).surface)

    @cached_property
    def inventory(self) -> Inventory:
        """The objects of the source, as they are or as the cache has them."""
        if self.cache.inventory is None:
            self.cache.inventory = read_source(
                self.source, self.source_apis, self.common_apis, self.plan.namespaces
            )
        return self.cache.inventory

    @cached_property
    def writer(self) -> Writer:
        """The target, ready to be written into."""
        return copier.build_writer(
            self.target,
            self.plan,
            self.ports.mappings,
            surface=self.target_apis,
            key=self.ports.digest_keys.current,
        )

    @cached_property
    def target_objects(self) -> TargetObjects:
        """The planned objects in the forms that they have in the target."""
        image = self.recorded.source.image if self.recorded.source is not None else None
        return target_objects.build(self.plan, self.inventory, self.ports.mappings, image)

    def write(
        self,
        fn: Callable[Concatenate[Writer, MigrationPlan, Inventory, TargetObjects, Options], Result],
        *args: Options.args,
        **options: Options.kwargs,
    ) -> Result:
        """Call a function that writes copies of planned objects into the target."""
        return fn(self.writer, self.plan, self.inventory, self.target_objects, *args, **options)

    @cached_property
    def exclusions(self) -> ExclusionContext:
        """The facts by which the exclusion rules decide."""
        mappings = self.ports.mappings
        return exclusions.exclusion_context(
            self.inventory,
            profile(self.plan.target.driver),
            skip=mappings.skip,
            early=self.plan.early,
            helm=mappings.helm == "copy",
        )
