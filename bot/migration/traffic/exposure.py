"""Gives the copies their load balancers, Ingresses and webhooks, when everything behind them is ready."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.writer import Writer, existing
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, spec_of, status_of
from bot.migration.objects.modes import Hold
from bot.migration.objects.order import Stage
from bot.migration.objects.target_objects import TargetObjects
from bot.migration.planning.plan import AddressRecipe, MigrationPlan


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewAddress:
    """A Service's addresses before and after; DNS must follow where they differ."""

    service: Ref
    before: tuple[str, ...]
    after: tuple[str, ...]


def open_traffic(into: Writer, plan: MigrationPlan, inventory: Inventory, forms: TargetObjects) -> CopyRecord:
    """Make load balancers with new addresses, and Ingresses. Raises `KubeError`, `NotInTime`."""
    apart = of_recipe(plan, AddressRecipe.SAME_ADDRESS)
    wanted = {
        item.ref: forms.final[item.ref]
        for item in plan.items
        if item.ref in forms.final
        and item.ref not in apart
        and (item.hold is Hold.CLUSTER_IP or item.stage is Stage.TRAFFIC)
    }
    return write_stages(into, plan, inventory, wanted, tuple(Stage), started=True)


def admit(into: Writer, plan: MigrationPlan, inventory: Inventory, forms: TargetObjects) -> CopyRecord:
    """Make webhooks and aggregated APIs; call it when their backends are ready. Raises `KubeError`,
    `NotInTime`.
    """
    wanted = {
        item.ref: forms.final[item.ref]
        for item in plan.items
        if item.stage is Stage.ADMISSION and item.hold is Hold.WITHHELD and item.ref in forms.final
    }
    return write_stages(into, plan, inventory, wanted, (Stage.ADMISSION,), started=True)


def backends(forms: TargetObjects) -> frozenset[Ref]:
    """Services that webhooks and aggregated APIs call."""
    found = set()
    for ref, obj in forms.final.items():
        if ref.kind == "APIService":
            called = [spec_of(obj).get("service")]
        elif ref.kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
            called = [(hook.get("clientConfig") or {}).get("service") for hook in obj.get("webhooks") or []]
        else:
            continue
        found |= {Ref("", "Service", each["namespace"], each["name"]) for each in called if each}
    return frozenset(found)


def of_recipe(plan: MigrationPlan, recipe: AddressRecipe) -> tuple[Ref, ...]:
    """The Services whose traffic moves in one way."""
    return tuple(each.service for each in plan.balancers if each.recipe is recipe)


def unanswered(into: Writer, services: Iterable[Ref]) -> list[str]:
    """Load balancers that have no address yet. Raises `KubeError`."""
    wanted = sorted(services)
    live = existing(into, wanted)
    return [ref.short for ref in wanted if not addresses_of(live.get(ref))]


def new_addresses(into: Writer, plan: MigrationPlan) -> tuple[NewAddress, ...]:
    """What became of each address. Raises `KubeError`."""
    live = existing(into, sorted(each.service for each in plan.balancers))
    return tuple(
        NewAddress(service=each.service, before=each.addresses, after=addresses_of(live.get(each.service)))
        for each in plan.balancers
    )


def addresses_of(service: Object | None) -> tuple[str, ...]:
    """The addresses of a Service's load balancer."""
    entries: Iterable[Object] = (status_of(service or {}).get("loadBalancer") or {}).get("ingress") or []
    return tuple(each.get("ip") or each.get("hostname") or "" for each in entries)
