"""Moves a floating IP from the old load balancer to the new one, and back.

The order comes from reading openstack-cloud-controller-manager: an internal Service loses its floating IP, an
external one without an address gets a fresh one at once, and one that names an address takes it if it is
free. So the new load balancer is made internal and tested, the address is freed, and in the same breath the
Service becomes external with that address. The text of the address is changed first: Magnum's cluster
deletion takes every address whose description names the cluster, whatever annotations say.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Protocol

from bot.adapters.kube import writes
from bot.adapters.kube.client import Kube
from bot.adapters.openstack.cloud_services import FloatingIP
from bot.common.problems import Problem
from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.writer import Writer, existing, started_form
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, annotations_of
from bot.migration.objects.order import Stage
from bot.migration.objects.target_objects import TargetObjects
from bot.migration.objects.transforms.services import INTERNAL
from bot.migration.planning.plan import MigrationPlan, PlannedLoadBalancer
from bot.migration.traffic.exposure import addresses_of


class AddressLost(Problem):
    """A floating IP is not where it should be."""


class FloatingIpApi(Protocol):
    """Neutron, as far as it is asked. Every call raises a `Problem` if it fails."""

    def find(self, address: str) -> FloatingIP | None:
        """A floating IP of the project by its address."""
        ...

    def on(self, port: str) -> FloatingIP | None:
        """The floating IP that is attached to a port."""
        ...

    def describe(self, floating_ip: str, text: str) -> None:
        """Set its description."""
        ...

    def attach(self, floating_ip: str, port: str) -> None:
        """Attach it to a port; an empty one detaches it."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatingIpMove:
    """How an address was before it moved: what a roll-back needs."""

    service: Ref
    floating_ip: str
    address: str
    old_port: str
    old_description: str


def plan_move(balancer: PlannedLoadBalancer, addresses: FloatingIpApi) -> FloatingIpMove | None:
    """How an address is before it moves; None if it is no floating IP of the project. Changes nothing."""
    for address in balancer.addresses:
        found = addresses.find(address)
        if found is not None:
            return FloatingIpMove(
                service=balancer.service,
                floating_ip=found.id,
                address=address,
                old_port=found.port,
                old_description=found.description,
            )
    return None


def keep(move: FloatingIpMove, addresses: FloatingIpApi, migration: str) -> None:
    """Take the address out of reach of whoever deletes by description."""
    addresses.describe(move.floating_ip, f"kept by xk8s for migration {migration}: {move.service.short}")


def internal(service: Object) -> Object:
    """The new Service before it has the address: a load balancer that only the cluster's network reaches."""
    made = copy.deepcopy(service)
    made["spec"].pop("loadBalancerIP", None)
    annotations = made["metadata"].setdefault("annotations", {})
    annotations[INTERNAL] = "true"
    return made


def external(service: Object, move: FloatingIpMove) -> Object:
    """The new Service with the address."""
    made = copy.deepcopy(service)
    made["spec"]["loadBalancerIP"] = move.address
    annotations = made["metadata"].get("annotations") or {}
    annotations.pop(INTERNAL, None)
    if "annotations" in made["metadata"] and not annotations:
        del made["metadata"]["annotations"]
    return made


def open_internal(
    into: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    forms: TargetObjects,
    moves: Sequence[FloatingIpMove],
) -> CopyRecord:
    """Make the new load balancers, reached inside the cluster's network only. Raises `KubeError`.

    One that has its address already (a repetition) is left as it is.
    """
    live = existing(into, [move.service for move in moves])
    wanted = {
        move.service: internal(forms.final[move.service])
        for move in moves
        if move.service in forms.final and move.address not in addresses_of(live.get(move.service))
    }
    return write_stages(into, plan, inventory, wanted, tuple(Stage), started=True)


def switch(target: Kube, path: str, service: Object, move: FloatingIpMove, addresses: FloatingIpApi) -> None:
    """Free the address and hand it to the new Service. `service` is as it will work. Raises `Problem`.

    May be repeated: an address that is with the new load balancer already is left there.
    """
    live = writes.read(target, path)
    if live is not None and move.address in addresses_of(live) and INTERNAL not in annotations_of(live):
        return
    found = addresses.find(move.address)
    if found is None:
        raise AddressLost(
            f"The floating IP {move.address} is gone",
            fix="Switch DNS to the new address instead, then resume.",
        )
    if found.port == move.old_port and found.port:
        addresses.attach(found.id, "")
    made = started_form(external(service, move))
    writes.apply(target, path, made, force=True, doing=f"give {move.address} to {move.service}")


def arrived(target: Kube, path: str, move: FloatingIpMove, addresses: FloatingIpApi) -> list[str]:
    """What the address waits for; empty if the new load balancer has it. Raises `Problem`."""
    live, found = writes.read(target, path), addresses.find(move.address)
    if found is None or found.port in ("", move.old_port):
        return [f"{move.address} is not attached to the new load balancer"]
    return (
        [] if move.address in addresses_of(live) else [f"{move.service.short} does not show {move.address}"]
    )


def switch_back(move: FloatingIpMove, addresses: FloatingIpApi) -> None:
    """Attach the address to the old load balancer again, for a roll-back. Raises `Problem`."""
    found = addresses.find(move.address)
    if found is None:
        raise AddressLost(
            f"The floating IP {move.address} is gone",
            why="it cannot be given back to the old load balancer",
            fix="The old Service has lost its address: give it another one.",
        )
    if found.port != move.old_port:
        if found.port:
            addresses.attach(found.id, "")
        fresh = addresses.on(
            move.old_port
        )  # the old cluster's controller gives a bare load balancer a new one
        if fresh is not None:
            addresses.attach(fresh.id, "")
        addresses.attach(found.id, move.old_port)
    if found.description != move.old_description:
        addresses.describe(found.id, move.old_description)
