"""A floating IP moves to the new load balancer, and back, whatever is repeated."""

from __future__ import annotations

import dataclasses

import pytest

from bot.adapters.openstack.cloud_services import FloatingIP
from bot.migration.objects.fields import Object, annotations_of, ref_of
from bot.migration.objects.transforms.services import INTERNAL
from bot.migration.planning.plan import AddressRecipe, PlannedLoadBalancer
from bot.migration.traffic import floating_ips
from bot.migration.traffic.floating_ips import AddressLost, FloatingIpMove
from tests.unit.migration.builders import an
from tests.unit.migration.copy.copies import copy_of
from tests.unit.migration.copy.test_copier import ACTIVE
from tests.unit.migration.memory_kube import MemoryKube

ADDRESS = "203.0.113.7"
WEB = an("Service", "web", spec={"type": "LoadBalancer", "ports": []})
PATH = "/api/v1/namespaces/shop/services/web"
OWN = FloatingIP(id="fip-1", address=ADDRESS, port="old-port", description="made by the old cluster")
MOVE = FloatingIpMove(
    service=ref_of(WEB),
    floating_ip="fip-1",
    address=ADDRESS,
    old_port="old-port",
    old_description=OWN.description,
)


@dataclasses.dataclass
class Neutron:
    """The floating IPs of a project, by their ids."""

    addresses: dict[str, FloatingIP] = dataclasses.field(default_factory=lambda: {"fip-1": OWN})

    def address(self, address: str) -> FloatingIP | None:
        return next((ip for ip in self.addresses.values() if ip.address == address), None)

    def address_of_port(self, port: str) -> FloatingIP | None:
        return next((ip for ip in self.addresses.values() if ip.port == port), None)

    def describe(self, floating_ip: str, text: str) -> None:
        self.addresses[floating_ip] = dataclasses.replace(self.addresses[floating_ip], description=text)

    def attach(self, floating_ip: str, port: str) -> None:
        self.addresses[floating_ip] = dataclasses.replace(self.addresses[floating_ip], port=port)


def balancer(*addresses: str) -> PlannedLoadBalancer:
    return PlannedLoadBalancer(
        service=ref_of(WEB), uid="u", addresses=addresses, internal=False, recipe=AddressRecipe.SAME_ADDRESS
    )


def test_a_move_remembers_how_the_address_was() -> None:
    assert floating_ips.plan_move(balancer("198.51.100.1", ADDRESS), Neutron()) == MOVE
    assert floating_ips.plan_move(balancer("198.51.100.1"), Neutron()) is None


def test_a_kept_address_no_longer_names_the_old_cluster() -> None:
    neutron = Neutron()
    floating_ips.protect(MOVE, neutron, "m1")
    assert neutron.addresses["fip-1"].description == "kept by xk8s for migration m1: shop/web"


def test_the_new_service_is_internal_first_and_external_with_the_address_then() -> None:
    internal = floating_ips.internal({**WEB, "spec": {**WEB["spec"], "loadBalancerIP": "198.51.100.1"}})
    assert annotations_of(internal) == {INTERNAL: "true"} and "loadBalancerIP" not in internal["spec"]
    external = floating_ips.external(internal, MOVE)
    assert external["spec"]["loadBalancerIP"] == ADDRESS and "annotations" not in external["metadata"]
    assert annotations_of(internal) == {INTERNAL: "true"}, "the original is not changed"


def test_an_internal_load_balancer_is_created_unless_it_has_the_address_already() -> None:
    copy = copy_of(WEB, target=MemoryKube(ACTIVE))
    arguments = (copy.writer, copy.plan, copy.inventory, copy.objects)
    assert floating_ips.open_internal(*arguments, moves=[MOVE]).written
    assert annotations_of(copy.live(WEB))[INTERNAL] == "true"
    copy.live(WEB)["status"] = shown()
    assert not floating_ips.open_internal(*arguments, moves=[MOVE]).written


def shown() -> Object:
    return {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}


def test_the_address_is_freed_and_asked_for_once() -> None:
    kube, neutron = MemoryKube(WEB), Neutron()
    floating_ips.switch(kube, PATH, WEB, MOVE, addresses=neutron)
    assert neutron.addresses["fip-1"].port == ""
    live = kube.live(WEB)
    assert live is not None and live["spec"]["loadBalancerIP"] == ADDRESS
    live["status"] = shown()
    neutron.attach("fip-1", "new-port")
    floating_ips.switch(kube, PATH, WEB, MOVE, addresses=neutron)
    assert neutron.addresses["fip-1"].port == "new-port" and len(kube.requests) == 1


def test_an_address_has_arrived_when_neutron_and_the_service_say_so() -> None:
    kube, neutron = MemoryKube(WEB), Neutron()
    waits = floating_ips.why_not_arrived(kube, PATH, MOVE, neutron)
    assert waits == [f"{ADDRESS} is not attached to the new load balancer"]
    neutron.attach("fip-1", "new-port")
    assert floating_ips.why_not_arrived(kube, PATH, MOVE, neutron) == [f"shop/web does not show {ADDRESS}"]
    kube.put({**WEB, "status": shown()})
    assert floating_ips.why_not_arrived(kube, PATH, MOVE, neutron) == []


def test_a_roll_back_puts_everything_as_it_was() -> None:
    fresh = FloatingIP(id="fip-2", address="203.0.113.8", port="old-port", description="")
    neutron = Neutron(
        {"fip-1": dataclasses.replace(OWN, port="new-port", description="kept"), "fip-2": fresh}
    )
    for _ in range(2):
        floating_ips.switch_back(MOVE, neutron)
        assert neutron.addresses["fip-1"] == OWN
        assert neutron.addresses["fip-2"].port == ""


def test_an_address_that_is_gone_is_a_problem() -> None:
    with pytest.raises(AddressLost):
        floating_ips.switch(MemoryKube(WEB), PATH, WEB, MOVE, addresses=Neutron({}))
    with pytest.raises(AddressLost):
        floating_ips.switch_back(MOVE, Neutron({}))
