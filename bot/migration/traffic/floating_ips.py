"""Moves a floating IP from the old load balancer to the new one, and back.

The order comes from reading openstack-cloud-controller-manager: an internal Service loses its floating IP, an
external one without an address gets a fresh one at once, and one that names an address takes it if it is
free. So the new load balancer is created internal and tested, the address is freed, and immediately after
that the Service becomes external with that address. The description of the address is changed first: when
Magnum deletes a cluster, it deletes every floating IP whose description names the cluster, whatever
annotations say.
"""

import copy
import dataclasses
from collections.abc import Sequence
from typing import Protocol

from bot.adapters.kube import writes
from bot.adapters.kube.client import KubeClient
from bot.adapters.openstack.cloud_services import FloatingIP
from bot.common.problems import Problem
from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.target_objects import TargetObjects
from bot.migration.copy.writer import Writer, existing, started_form
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import (
    Object,
    Ref,
    annotations_of,
    drop_annotations,
    ingress_addresses,
    with_annotation,
)
from bot.migration.objects.transforms.services import INTERNAL
from bot.migration.planning.plan import MigrationPlan, PlannedLoadBalancer


class AddressLost(Problem):
    """A floating IP is not where it should be."""


class FloatingIpApi(Protocol):
    """The part of Neutron that is needed here. Every call raises a `Problem` if it fails."""

    def address(self, address: str) -> FloatingIP | None:
        """Return the floating IP of the project with an address."""
        ...

    def address_of_port(self, port: str) -> FloatingIP | None:
        """Return the floating IP that is attached to a port."""
        ...

    def describe(self, floating_ip: str, text: str) -> None:
        """Set the description of a floating IP."""
        ...

    def attach(self, floating_ip: str, port: str) -> None:
        """Attach a floating IP to a port; an empty port detaches it."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatingIpMove:
    """A floating IP as it was before it moved, which is what a roll-back needs."""

    service: Ref
    floating_ip: str
    address: str
    old_port: str
    old_description: str


def plan_move(balancer: PlannedLoadBalancer, addresses: FloatingIpApi) -> FloatingIpMove | None:
    """Return the move of a load balancer's address, or None if it is no floating IP of the project.

    Nothing is changed. Raises `Problem`.
    """
    for address in balancer.addresses:
        floating_ip = addresses.address(address)
        if floating_ip is not None:
            return FloatingIpMove(
                service=balancer.service,
                floating_ip=floating_ip.id,
                address=address,
                old_port=floating_ip.port,
                old_description=floating_ip.description,
            )
    return None


def protect(move: FloatingIpMove, addresses: FloatingIpApi, migration: str) -> None:
    """Protect an address from those who delete by description, as Magnum does. Raises `Problem`."""
    addresses.describe(move.floating_ip, f"kept by xk8s for migration {migration}: {move.service.short}")


def internal(service: Object) -> Object:
    """Return the new Service before it has the address: only the cluster's network reaches it."""
    result = with_annotation(copy.deepcopy(service), INTERNAL, "true")
    result["spec"].pop("loadBalancerIP", None)
    return result


def external(service: Object, move: FloatingIpMove) -> Object:
    """Return the new Service with the address."""
    result = copy.deepcopy(service)
    result["spec"]["loadBalancerIP"] = move.address
    drop_annotations(result, INTERNAL)
    return result


def open_internal(
    writer: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    objects: TargetObjects,
    *,
    moves: Sequence[FloatingIpMove],
) -> CopyRecord:
    """Create the new load balancers, which only the cluster's network reaches.

    One that has its address already, because this is a repetition, is left as it is. Raises `KubeError`.
    """
    live = existing(writer, [move.service for move in moves])
    services = {
        move.service: internal(objects.final[move.service])
        for move in moves
        if move.service in objects.final and move.address not in ingress_addresses(live.get(move.service))
    }
    return write_stages(writer, plan, inventory, services, started=True)


def switch(
    target: KubeClient, path: str, service: Object, move: FloatingIpMove, *, addresses: FloatingIpApi
) -> None:
    """Free an address and hand it to the new Service, given as it will work. One that has arrived is left.

    Raises `AddressLost` if the floating IP is gone, or the `Problem` of a service that fails.
    """
    live = writes.read(target, path)
    if live is not None and move.address in ingress_addresses(live) and INTERNAL not in annotations_of(live):
        return
    floating_ip = addresses.address(move.address)
    if floating_ip is None:
        raise AddressLost(
            f"The floating IP {move.address} is gone",
            fix="Switch DNS to the new address instead, then resume.",
        )
    if floating_ip.port == move.old_port and floating_ip.port:
        addresses.attach(floating_ip.id, "")
    body = started_form(external(service, move))
    writes.apply(target, path, body, force=True, doing=f"give {move.address} to {move.service}")


def why_not_arrived(
    target: KubeClient, path: str, move: FloatingIpMove, addresses: FloatingIpApi
) -> list[str]:
    """Return what an address still waits for; empty if the new load balancer has it. Raises `Problem`."""
    live, floating_ip = writes.read(target, path), addresses.address(move.address)
    if floating_ip is None or floating_ip.port in ("", move.old_port):
        return [f"{move.address} is not attached to the new load balancer"]
    if move.address not in ingress_addresses(live):
        return [f"{move.service.short} does not show {move.address}"]
    return []


def switch_back(move: FloatingIpMove, addresses: FloatingIpApi) -> None:
    """Attach an address to the old load balancer again, for a roll-back. Idempotent.

    Raises `AddressLost` if the floating IP is gone, or another `Problem` of Neutron.
    """
    floating_ip = addresses.address(move.address)
    if floating_ip is None:
        raise AddressLost(
            f"The floating IP {move.address} is gone",
            why="it cannot be given back to the old load balancer",
            fix="The old Service has lost its address: give it another one.",
        )
    if floating_ip.port != move.old_port:
        if floating_ip.port:
            addresses.attach(floating_ip.id, "")
        # the old cluster's controller gives a load balancer without an address a new one
        replacement = addresses.address_of_port(move.old_port)
        if replacement is not None:
            addresses.attach(replacement.id, "")
        addresses.attach(floating_ip.id, move.old_port)
    if floating_ip.description != move.old_description:
        addresses.describe(floating_ip.id, move.old_description)
