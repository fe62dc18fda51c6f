"""A floating IP moves with its Service to the new cluster, and back."""

from __future__ import annotations

import pytest

from bot.adapters.openstack.cloud_services import FloatingIP
from bot.migration.copy import deadline
from bot.migration.objects.transforms.services import INTERNAL
from bot.migration.traffic import floating_ips, load_balancers
from bot.settings.mappings import Mappings
from sandbox.infrastructure.network import ProjectNetwork
from tests.contract.migration.conftest import Cloud, plan_request, planned
from tests.contract.migration.moves import SECONDS, MigrationScenario

PATH = "/api/v1/namespaces/shop/services/frontend-external"


class Neutron:
    """Neutron's answers, from the sandbox's state."""

    def __init__(self, network: ProjectNetwork) -> None:
        self._network = network

    def address(self, address: str) -> FloatingIP | None:
        return next(
            (
                self._shown(key)
                for key, floating in self._network.floating_ips.items()
                if floating.address == address
            ),
            None,
        )

    def address_of_port(self, port: str) -> FloatingIP | None:
        floating = self._network.floating_ip_of(port)
        return self._shown(floating.id) if floating else None

    def describe(self, floating_ip: str, text: str) -> None:
        self._network.floating_ips[floating_ip].description = text

    def attach(self, floating_ip: str, port: str) -> None:
        self._network.associate(self._network.floating_ips[floating_ip], port)

    def _shown(self, key: str) -> FloatingIP:
        floating = self._network.floating_ips[key]
        return FloatingIP(
            id=floating.id, address=floating.address, port=floating.port, description=floating.description
        )


@pytest.fixture
def scenario(cloud: Cloud) -> MigrationScenario:
    mappings = Mappings(addresses="keep")
    migration = MigrationScenario(cloud, planned(cloud, plan_request(cloud, mappings=mappings)), mappings)
    migration.copy()
    migration.take_picture()
    return migration


def switched(scenario: MigrationScenario, neutron: Neutron) -> floating_ips.FloatingIpMove:
    """The steps in their order."""
    scenario.cut_over()
    [balancer] = scenario.plan.balancers
    move = floating_ips.plan_move(balancer, neutron)
    assert move is not None
    floating_ips.protect(move, neutron, scenario.plan.migration)
    inventory, writer = scenario.inventory(), scenario.writer()
    objects = scenario.target_objects(inventory)
    assert not floating_ips.open_internal(writer, scenario.plan, inventory, objects, moves=[move]).failures
    deadline.until(
        lambda: load_balancers.without_address(writer, [move.service]),
        what="have an address",
        seconds=SECONDS,
    )
    for _ in range(2):  # it may be repeated
        floating_ips.switch(scenario.target, PATH, objects.final[move.service], move, addresses=neutron)
        deadline.until(
            lambda: floating_ips.why_not_arrived(scenario.target, PATH, move, neutron),
            what="arrive",
            seconds=SECONDS,
        )
    assert not floating_ips.open_internal(writer, scenario.plan, inventory, objects, moves=[move]).written, (
        "what has arrived is left alone"
    )
    return move


def test_the_address_is_served_by_the_new_cluster(scenario: MigrationScenario) -> None:
    neutron = Neutron(scenario.cloud.infrastructure.network)
    move = switched(scenario, neutron)
    [new] = load_balancers.new_addresses(scenario.writer(), scenario.plan)
    assert new.before == new.after == (move.address,)
    floating = neutron.address(move.address)
    assert floating is not None and floating.port not in ("", move.old_port)


def test_the_description_no_longer_names_the_old_cluster_whose_deletion_goes_by_it(
    scenario: MigrationScenario,
) -> None:
    neutron = Neutron(scenario.cloud.infrastructure.network)
    move = switched(scenario, neutron)
    assert "uuid-dev" in move.old_description
    assert "uuid-dev" not in neutron.address(move.address).description  # type: ignore[union-attr]


def test_a_roll_back_gives_the_address_and_its_description_back(scenario: MigrationScenario) -> None:
    neutron = Neutron(scenario.cloud.infrastructure.network)
    move = switched(scenario, neutron)
    scenario.roll_back()
    for _ in range(2):
        floating_ips.switch_back(move, neutron)
    scenario.cloud.settle()
    floating = neutron.address(move.address)
    assert floating is not None
    assert (floating.port, floating.description) == (move.old_port, move.old_description)


def test_until_the_switch_the_new_load_balancer_has_no_address_from_outside(
    scenario: MigrationScenario,
) -> None:
    service = scenario.target_objects(scenario.inventory()).final[scenario.plan.balancers[0].service]
    inside = floating_ips.internal({**service, "spec": {**service["spec"], "loadBalancerIP": "203.0.113.9"}})
    assert inside["metadata"]["annotations"][INTERNAL] == "true"
    assert "loadBalancerIP" not in inside["spec"]
    move = floating_ips.FloatingIpMove(
        service=scenario.plan.balancers[0].service,
        floating_ip="f",
        address="203.0.113.9",
        old_port="p",
        old_description="",
    )
    outside = floating_ips.external(inside, move)
    assert outside["spec"]["loadBalancerIP"] == "203.0.113.9"
    assert "annotations" not in outside["metadata"]
