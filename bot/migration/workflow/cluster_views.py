"""Both clusters as a step sees them: read anew by each, because nothing of them is kept between steps."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from bot.adapters.kube.client import Kube
from bot.drivers.catalog import profile
from bot.migration.copy import copier
from bot.migration.copy.writer import Writer
from bot.migration.inventory import exclusions
from bot.migration.inventory.api_discovery import ApiSurface, CommonApis, common_apis, discover
from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusions import ExclusionContext as Exclusions
from bot.migration.inventory.target_facts import promised
from bot.migration.objects import target_objects
from bot.migration.objects.target_objects import TargetObjects
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.survey import again
from bot.migration.proof.source_record import SourceRecord
from bot.migration.source.before_image import BeforeImage
from bot.migration.traffic.floating_ips import FloatingIpMove
from bot.migration.workflow.ports import ProjectPorts

IMAGES: TypeAdapter[BeforeImage] = TypeAdapter(BeforeImage)
VITALS: TypeAdapter[Baseline] = TypeAdapter(Baseline)
SEEN: TypeAdapter[SourceRecord] = TypeAdapter(SourceRecord)
MOVES: TypeAdapter[tuple[FloatingIpMove, ...]] = TypeAdapter(tuple[FloatingIpMove, ...])


@dataclasses.dataclass(kw_only=True)
class RunState:
    """What earlier steps have recorded and later ones need."""

    target: str = ""  # the target's id
    made: bool = False  # this migration had it built
    image: BeforeImage | None = None
    before: Baseline | None = None
    seen: SourceRecord | None = None  # None: the run was begun by a version that did not look
    moves: tuple[FloatingIpMove, ...] = ()


@dataclasses.dataclass(kw_only=True)
class Known:
    """What several looks within one step of a run share of the source: it is read once for all of them."""

    inventory: Inventory | None = None


@dataclasses.dataclass(kw_only=True)
class ClusterViews:
    """One look at both clusters."""

    plan: MigrationPlan
    ground: ProjectPorts
    recorded: RunState
    source: Kube
    target: Kube
    known: Known

    @cached_property
    def surface(self) -> ApiSurface:
        """What the source serves."""
        return discover(self.source)

    @cached_property
    def agreement(self) -> CommonApis:
        """The versions at which the plan was made: digests are of these."""
        if self.plan.target.id:
            return common_apis(self.surface, discover(self.target))
        return common_apis(self.surface, promised(self.surface, self.plan.target.kubernetes).surface)

    @cached_property
    def inventory(self) -> Inventory:
        """The source as it is, or was when this step first looked."""
        if self.known.inventory is None:
            self.known.inventory = again(self.source, self.agreement, self.plan.namespaces)
        return self.known.inventory

    @cached_property
    def into(self) -> Writer:
        """The target, ready to be written into."""
        return copier.writer(self.target, self.plan, self.ground.mappings, self.ground.keys.current)

    @cached_property
    def forms(self) -> TargetObjects:
        """The planned objects."""
        return target_objects.build(self.plan, self.inventory, self.ground.mappings, self.recorded.image)

    @cached_property
    def exclusions(self) -> Exclusions:
        """What the rules look at."""
        mappings = self.ground.mappings
        return exclusions.exclusion_context(
            self.inventory,
            profile(self.plan.target.driver),
            skip=mappings.skip,
            early=self.plan.early,
            helm=mappings.helm == "copy",
        )


@contextlib.contextmanager
def opened(
    plan: MigrationPlan, ground: ProjectPorts, recorded: RunState, known: Known | None = None
) -> Iterator[ClusterViews]:
    """A look at both clusters; at the source anew, unless it is `known`. Raises `Problem`."""
    with ground.connect(plan.source.id) as source, ground.connect(recorded.target) as target:
        yield ClusterViews(
            plan=plan, ground=ground, recorded=recorded, source=source, target=target, known=known or Known()
        )


def as_json(adapter: TypeAdapter[Any], value: Any) -> Any:
    """A value as it is recorded."""
    return adapter.dump_python(value, mode="json")
