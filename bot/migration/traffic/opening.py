"""Gives the copies their load balancers, Ingresses and webhooks, when everything behind them is ready."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from bot.migration.copying import Record, write_stages
from bot.migration.forms import Forms
from bot.migration.inventory import Inventory
from bot.migration.modes import Hold
from bot.migration.objects import Object, Ref, spec_of, status_of
from bot.migration.order import Stage
from bot.migration.plan import Plan, Recipe
from bot.migration.writing import Writer, existing


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewAddress:
    """A Service's addresses before and after; DNS must follow where they differ."""

    service: Ref
    before: tuple[str, ...]
    after: tuple[str, ...]


def open_traffic(into: Writer, plan: Plan, inventory: Inventory, forms: Forms) -> Record:
    """Make load balancers with new addresses, and Ingresses. Raises `KubeError`, `NotInTime`."""
    apart = of_recipe(plan, Recipe.SAME_ADDRESS)
    wanted = {
        item.ref: forms.final[item.ref]
        for item in plan.items
        if item.ref in forms.final
        and item.ref not in apart
        and (item.hold is Hold.CLUSTER_IP or item.stage is Stage.TRAFFIC)
    }
    return write_stages(into, plan, inventory, wanted, tuple(Stage), started=True)


def admit(into: Writer, plan: Plan, inventory: Inventory, forms: Forms) -> Record:
    """Make webhooks and aggregated APIs; call it when their backends are ready. Raises `KubeError`,
    `NotInTime`.
    """
    wanted = {
        item.ref: forms.final[item.ref]
        for item in plan.items
        if item.stage is Stage.ADMISSION and item.hold is Hold.WITHHELD and item.ref in forms.final
    }
    return write_stages(into, plan, inventory, wanted, (Stage.ADMISSION,), started=True)


def backends(forms: Forms) -> frozenset[Ref]:
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


def of_recipe(plan: Plan, recipe: Recipe) -> tuple[Ref, ...]:
    """The Services whose traffic moves in one way."""
    return tuple(each.service for each in plan.balancers if each.recipe is recipe)


def unanswered(into: Writer, services: Iterable[Ref]) -> list[str]:
    """Load balancers that have no address yet. Raises `KubeError`."""
    wanted = sorted(services)
    live = existing(into, wanted)
    return [ref.short for ref in wanted if not addresses_of(live.get(ref))]


def new_addresses(into: Writer, plan: Plan) -> tuple[NewAddress, ...]:
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
