"""Volumes, snapshots, load balancers and floating IPs, as the services describe them."""

from __future__ import annotations

import pytest

from bot.adapters.openstack.cloud_services import (
    CloudServices,
    FloatingIP,
    LoadBalancer,
    LoadBalancerPool,
    Volume,
    VolumeSnapshot,
)
from bot.adapters.openstack.service_client import CloudRefused
from tests.unit.adapters.openstack.cloud import Proxy, answer


@pytest.fixture
def services(proxy: Proxy) -> CloudServices:
    return CloudServices("xloud-shop", sleep=lambda _seconds: None)


def test_a_volume_names_the_servers_that_it_is_attached_to(services: CloudServices, proxy: Proxy) -> None:
    attachments = [{"server_id": "s1"}, {"server_id": None}, {}]
    proxy.answers = [
        answer(200, {"volume": {"id": "v1", "status": "in-use", "attachments": attachments}}),
        answer(200, {"volume": {"id": "v2", "status": "available"}}),
    ]
    assert services.volume("v1") == Volume(id="v1", status="in-use", servers=("s1",))
    assert services.volume("v2") == Volume(id="v2", status="available")
    assert proxy.requests[0][:2] == ("GET", "/volumes/v1")


def test_a_snapshot_is_taken_listed_and_removed(services: CloudServices, proxy: Proxy) -> None:
    body = {"id": "s1", "name": "before", "status": "creating", "metadata": {"migration": "m1"}}
    proxy.answers = [
        answer(202, {"snapshot": body}),
        answer(
            200, {"snapshots": [body, {"id": "s2", "status": "available", "name": None, "metadata": None}]}
        ),
        answer(202, ""),
        answer(404, {"itemNotFound": {"message": "gone"}}),
    ]
    snapshot = VolumeSnapshot(id="s1", name="before", status="creating", metadata={"migration": "m1"})
    created = services.snapshot("v1", name="before", description="of m1", metadata={"migration": "m1"})
    assert created == snapshot
    assert services.snapshots("v1") == (snapshot, VolumeSnapshot(id="s2", name="", status="available"))
    services.remove_snapshot("s1")
    services.remove_snapshot("s1")  # one that is gone already is no error
    assert proxy.requests[0] == (
        "POST",
        "/snapshots",
        {
            "snapshot": {
                "volume_id": "v1",
                "name": "before",
                "description": "of m1",
                "metadata": {"migration": "m1"},
                "force": False,
            }
        },
    )
    assert proxy.requests[1][1] == "/snapshots/detail?volume_id=v1"


def test_a_snapshot_of_a_volume_in_use_is_refused(services: CloudServices, proxy: Proxy) -> None:
    proxy.answers = [answer(400, {"badRequest": {"message": "Volume v1 status must be available"}})]
    with pytest.raises(CloudRefused, match="take a snapshot of the volume v1"):
        services.snapshot("v1", name="n", description="", metadata={})


def test_a_load_balancer_has_the_pools_of_its_listeners(services: CloudServices, proxy: Proxy) -> None:
    members = [{"operating_status": "ONLINE"}, {"operating_status": "ERROR"}]
    listeners = [
        {"name": "http", "pools": [{"operating_status": "DEGRADED", "members": members}]},
        {"name": None, "pools": [{"operating_status": "OFFLINE"}]},
    ]
    tree = {
        "id": "lb1",
        "provisioning_status": "ACTIVE",
        "operating_status": "ONLINE",
        "listeners": listeners,
    }
    proxy.answers = [answer(200, {"statuses": {"loadbalancer": tree}})]
    assert services.balancer("lb1") == LoadBalancer(
        id="lb1",
        provisioning="ACTIVE",
        operating="ONLINE",
        pools=(
            LoadBalancerPool(listener="http", operating="DEGRADED", members=("ONLINE", "ERROR")),
            LoadBalancerPool(listener="", operating="OFFLINE"),
        ),
    )


def test_a_load_balancer_is_found_by_its_whole_description(services: CloudServices, proxy: Proxy) -> None:
    balancers = [{"id": "lb1", "description": "shop/web of dev"}, {"id": "lb2", "description": "shop/web"}]
    proxy.answers = [answer(200, {"loadbalancers": balancers}), answer(200, {"loadbalancers": []})]
    assert services.balancer_by_description("shop/web") == "lb2"
    assert services.balancer_by_description("shop/web") == ""
    assert proxy.requests[0][1] == "/lbaas/loadbalancers?description=shop%2Fweb"


def test_a_floating_ip_is_found_by_address_or_port_and_changed(services: CloudServices, proxy: Proxy) -> None:
    body = {"id": "f1", "floating_ip_address": "203.0.113.7", "port_id": "p1", "description": "shop"}
    proxy.answers = [
        answer(200, {"floatingips": [body]}),
        answer(200, {"floatingips": [{**body, "port_id": None, "description": None}]}),
        answer(200, {"floatingips": []}),
        *[answer(200, {"floatingip": {}}) for _ in range(3)],
    ]
    address = FloatingIP(id="f1", address="203.0.113.7", port="p1", description="shop")
    assert services.address("203.0.113.7") == address
    assert services.address_of_port("p1") == FloatingIP(
        id="f1", address="203.0.113.7", port="", description=""
    )
    assert services.address("203.0.113.8") is None
    services.attach("f1", "p2")
    services.attach("f1", "")
    services.describe("f1", "of m1")
    assert [body["floatingip"] for _, _, body in proxy.requests[3:]] == [
        {"port_id": "p2"},
        {"port_id": None},
        {"description": "of m1"},
    ]
