"""Both clusters as a step sees them: read anew by each, because nothing of them is kept between steps."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from bot.drivers.catalog import profile
from bot.kube.client import Kube
from bot.migration import copying, exclusions, forms
from bot.migration.exclusions import Grounds as Exclusions
from bot.migration.forms import Forms
from bot.migration.inventory import Inventory
from bot.migration.plan import Plan
from bot.migration.planning.survey import again
from bot.migration.proof.seen import Seen
from bot.migration.source.changes import BeforeImage
from bot.migration.surface import Agreement, Surface, agree, discover
from bot.migration.target import promised
from bot.migration.traffic.floating import Move
from bot.migration.vitals import Vitals
from bot.migration.workflow.grounds import Ground
from bot.migration.writing import Writer

IMAGES: TypeAdapter[BeforeImage] = TypeAdapter(BeforeImage)
VITALS: TypeAdapter[Vitals] = TypeAdapter(Vitals)
SEEN: TypeAdapter[Seen] = TypeAdapter(Seen)
MOVES: TypeAdapter[tuple[Move, ...]] = TypeAdapter(tuple[Move, ...])


@dataclasses.dataclass(kw_only=True)
class Recorded:
    """What earlier steps have recorded and later ones need."""

    target: str = ""  # the target's id
    made: bool = False  # this migration had it built
    image: BeforeImage | None = None
    before: Vitals | None = None
    seen: Seen | None = None  # None: the run was begun by a version that did not look
    moves: tuple[Move, ...] = ()


@dataclasses.dataclass(kw_only=True)
class Known:
    """What several looks within one step of a run share of the source: it is read once for all of them."""

    inventory: Inventory | None = None


@dataclasses.dataclass(kw_only=True)
class Scene:
    """One look at both clusters."""

    plan: Plan
    ground: Ground
    recorded: Recorded
    source: Kube
    target: Kube
    known: Known

    @cached_property
    def surface(self) -> Surface:
        """What the source serves."""
        return discover(self.source)

    @cached_property
    def agreement(self) -> Agreement:
        """The versions at which the plan was made: digests are of these."""
        if self.plan.target.id:
            return agree(self.surface, discover(self.target))
        return agree(self.surface, promised(self.surface, self.plan.target.kubernetes).surface)

    @cached_property
    def inventory(self) -> Inventory:
        """The source as it is, or was when this step first looked."""
        if self.known.inventory is None:
            self.known.inventory = again(self.source, self.agreement, self.plan.namespaces)
        return self.known.inventory

    @cached_property
    def into(self) -> Writer:
        """The target, ready to be written into."""
        return copying.writer(self.target, self.plan, self.ground.mappings, self.ground.keys.current)

    @cached_property
    def forms(self) -> Forms:
        """The planned objects."""
        return forms.forms(self.plan, self.inventory, self.ground.mappings, self.recorded.image)

    @cached_property
    def exclusions(self) -> Exclusions:
        """What the rules look at."""
        mappings = self.ground.mappings
        return exclusions.grounds(
            self.inventory,
            profile(self.plan.target.driver),
            skip=mappings.skip,
            early=self.plan.early,
            helm=mappings.helm == "copy",
        )


@contextlib.contextmanager
def opened(plan: Plan, ground: Ground, recorded: Recorded, known: Known | None = None) -> Iterator[Scene]:
    """A look at both clusters; at the source anew, unless it is `known`. Raises `Problem`."""
    with ground.connect(plan.source.id) as source, ground.connect(recorded.target) as target:
        yield Scene(
            plan=plan, ground=ground, recorded=recorded, source=source, target=target, known=known or Known()
        )


def as_json(adapter: TypeAdapter[Any], value: Any) -> Any:
    """A value as it is recorded."""
    return adapter.dump_python(value, mode="json")
