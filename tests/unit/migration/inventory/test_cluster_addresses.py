"""Which addresses mean something in the source only."""

from __future__ import annotations

import pytest

from bot.migration.inventory.cluster_addresses import address_ranges
from bot.migration.objects.fields import Object
from tests.unit.migration.builders import CALICO, an, inventory

NODE = an(
    "Node",
    "n1",
    spec={"podCIDRs": ["10.100.1.0/24"]},
    status={
        "addresses": [
            {"type": "InternalIP", "address": "10.0.1.11"},
            {"type": "ExternalIP", "address": "203.0.113.5"},
            {"type": "Hostname", "address": "n1"},
        ]
    },
)


def api(address: str) -> Object:
    return an("Service", "kubernetes", "default", spec={"clusterIP": address})


def test_magnums_labels_count_before_what_nodes_say() -> None:
    labels = {"calico_ipv4pool": "10.100.0.0/16", "service_cluster_ip_range": "10.99.0.0/16"}
    result = address_ranges(inventory(NODE, api("10.254.0.1")), CALICO, labels)
    assert (result.pods, result.services) == (("10.100.0.0/16",), ("10.99.0.0/16",))
    assert address_ranges(inventory(NODE), CALICO, {}).pods == ("10.100.1.0/24",)


def test_nodes_have_internal_and_external_addresses() -> None:
    assert address_ranges(inventory(NODE), CALICO, {}).nodes == ("10.0.1.11", "203.0.113.5")


def test_load_balancers_have_addresses_outside() -> None:
    service = an("Service", "web", status={"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}})
    assert address_ranges(inventory(service), CALICO, {}).others == ("203.0.113.9",)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.254.0.1", "10.254.0.0/16"),
        ("10.96.0.1", "10.96.0.0/16"),
        ("fd00::1", "fd00::/112"),
        ("", "10.254.0.0/16"),
    ],
)
def test_the_range_of_services_is_that_around_the_api(address: str, expected: str) -> None:
    assert address_ranges(inventory(api(address)), CALICO, {}).services == (expected,)
