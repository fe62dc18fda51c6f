"""The copies get their load balancers, Ingresses and webhooks when what is behind them is ready."""

from __future__ import annotations

from typing import Any

from bot.migration.copy import copier
from bot.migration.objects.fields import ref_of
from bot.migration.planning.plan import AddressRecipe
from bot.migration.traffic import load_balancers
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an
from tests.unit.migration.copy.copies import Copy, copy_of
from tests.unit.migration.copy.test_copier import ACTIVE
from tests.unit.migration.memory_kube import MemoryKube

WEB = an(
    "Service",
    "web",
    spec={"type": "LoadBalancer", "ports": []},
    status={"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}},
)
INGRESS = an("Ingress", "web", spec={})
HOOK = an("ValidatingWebhookConfiguration", "guard", webhooks=[])


def copied(**request: Any) -> Copy:
    copy = copy_of(WEB, INGRESS, HOOK, target=MemoryKube(ACTIVE), **request)
    copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)
    return copy


def open_traffic(copy: Copy) -> None:
    load_balancers.open_traffic(copy.writer, copy.plan, copy.inventory, copy.objects)


def test_load_balancers_and_ingresses_open_before_webhooks() -> None:
    copy = copied()
    assert copy.live(WEB)["spec"]["type"] == "ClusterIP"
    open_traffic(copy)
    assert copy.live(WEB)["spec"]["type"] == "LoadBalancer" and copy.target.live(INGRESS) is not None
    assert copy.target.live(HOOK) is None
    load_balancers.open_webhooks(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert copy.target.live(HOOK) is not None


def test_a_load_balancer_whose_address_moves_is_not_opened_with_a_new_one() -> None:
    copy = copied(mappings=Mappings(addresses="keep"))
    assert load_balancers.services_with(copy.plan, AddressRecipe.SAME_ADDRESS) == (ref_of(WEB),)
    open_traffic(copy)
    assert copy.live(WEB)["spec"]["type"] == "ClusterIP"


def test_a_load_balancer_without_an_address_is_waited_for() -> None:
    copy = copied()
    open_traffic(copy)
    assert load_balancers.without_address(copy.writer, [ref_of(WEB)]) == ["shop/web"]
    copy.live(WEB)["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.99"}]}}
    assert load_balancers.without_address(copy.writer, [ref_of(WEB)]) == []
    [address] = load_balancers.new_addresses(copy.writer, copy.plan)
    assert (address.before, address.after) == (("203.0.113.7",), ("203.0.113.99",))
