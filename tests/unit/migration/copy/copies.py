"""A planned copy of some objects into a cluster in memory."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.migration.copy.target_objects import TargetObjects, build
from bot.migration.copy.writer import Writer
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.target_form import context_of
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import SERVED, inventory
from tests.unit.migration.memory_kube import MemoryKube
from tests.unit.migration.planning.plans import HOME, KEY, plan


@dataclasses.dataclass
class Copy:
    """A plan, its source, both forms of its objects, and the target."""

    plan: MigrationPlan
    inventory: Inventory
    objects: TargetObjects
    target: MemoryKube
    writer: Writer

    def live(self, obj: Object) -> Object:
        """Return what the target has of an object of the source, which must be there."""
        live = self.target.live(obj)
        assert live is not None
        return live


def copy_of(*objects: Object, target: MemoryKube | None = None, **request: Any) -> Copy:
    """Plan the copy of some objects of the namespace `shop`."""
    planned, source = plan(*objects, **request), inventory(HOME, *objects)
    kube = target or MemoryKube()
    writer = Writer(
        kube=kube,
        surface=SERVED,
        migration=planned.migration,
        context=context_of(planned, Mappings()),
        key=KEY,
    )
    return Copy(planned, source, build(planned, source, Mappings()), kube, writer)
