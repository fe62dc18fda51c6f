"""Gives the copies their load balancers, Ingresses and webhooks, once everything behind them is ready."""

import dataclasses
from collections.abc import Iterable

from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.target_objects import TargetObjects
from bot.migration.copy.writer import Writer, existing
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.cutover_modes import Hold
from bot.migration.objects.fields import Ref, ingress_addresses
from bot.migration.planning.plan import AddressRecipe, MigrationPlan


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewAddress:
    """A Service's addresses on the source and in the target; DNS must follow where they differ."""

    service: Ref
    before: tuple[str, ...]
    after: tuple[str, ...]


def open_traffic(
    writer: Writer, plan: MigrationPlan, inventory: Inventory, objects: TargetObjects
) -> CopyRecord:
    """Create the load balancers with new addresses, and the Ingresses. Raises `KubeError`."""
    same_address = services_with(plan, AddressRecipe.SAME_ADDRESS)
    final = {
        item.ref: objects.final[item.ref]
        for item in plan.items
        if item.ref in objects.final
        and item.ref not in same_address
        and (item.hold is Hold.CLUSTER_IP or item.stage is CopyStage.TRAFFIC)
    }
    return write_stages(writer, plan, inventory, final, started=True)


def open_webhooks(
    writer: Writer, plan: MigrationPlan, inventory: Inventory, objects: TargetObjects
) -> CopyRecord:
    """Create the webhooks and the aggregated APIs, whose backends must be ready by now.

    Raises `KubeError`.
    """
    final = {
        item.ref: objects.final[item.ref]
        for item in plan.items
        if item.stage is CopyStage.ADMISSION and item.hold is Hold.WITHHELD and item.ref in objects.final
    }
    return write_stages(writer, plan, inventory, final, stages=(CopyStage.ADMISSION,), started=True)


def services_with(plan: MigrationPlan, recipe: AddressRecipe) -> tuple[Ref, ...]:
    """Return the Services whose traffic moves in one way."""
    return tuple(balancer.service for balancer in plan.balancers if balancer.recipe is recipe)


def without_address(writer: Writer, services: Iterable[Ref]) -> list[str]:
    """Return the Services whose load balancer has no address yet, as `namespace/name`. Raises `KubeError`."""
    refs = sorted(services)
    live = existing(writer, refs)
    return [ref.short for ref in refs if not ingress_addresses(live.get(ref))]


def new_addresses(writer: Writer, plan: MigrationPlan) -> tuple[NewAddress, ...]:
    """Return what became of the address of each load balancer. Raises `KubeError`."""
    live = existing(writer, sorted(balancer.service for balancer in plan.balancers))
    return tuple(
        NewAddress(
            service=balancer.service,
            before=balancer.addresses,
            after=ingress_addresses(live.get(balancer.service)),
        )
        for balancer in plan.balancers
    )
