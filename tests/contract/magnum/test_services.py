"""Cinder and Neutron through the real openstacksdk, against the sandbox."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from bot.adapters.openstack.cloud_services import CloudServices, LoadBalancerPool
from bot.adapters.openstack.service_client import CloudNotFound, CloudRefused, CloudServiceError
from sandbox.infrastructure.block_storage import StorageError
from sandbox.infrastructure.network import Listener
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(timings=Timings(start=0.0, stop=0.0), clusters=())
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def services(sandbox: Sandbox, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> CloudServices:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.write(tmp_path)["OS_CLIENT_CONFIG_FILE"])
    return CloudServices("xloud-shop", sleep=lambda _seconds: None)


def test_a_disk_says_where_it_is(sandbox: Sandbox, services: CloudServices) -> None:
    storage = sandbox.cloud.infrastructure.storage
    volume = storage.create("data", 2)
    assert (services.volume(volume.id).status, services.volume(volume.id).servers) == ("available", ())
    storage.attach(volume.id, "server-1")
    assert (services.volume(volume.id).status, services.volume(volume.id).servers) == (
        "in-use",
        ("server-1",),
    )


def test_a_disk_that_is_gone_is_told_in_the_clouds_words(services: CloudServices) -> None:
    with pytest.raises(CloudNotFound) as error:
        services.volume("no-such-volume")
    assert "could not be found" in error.value.why


def test_an_address_is_found_moved_and_described(sandbox: Sandbox, services: CloudServices) -> None:
    network = sandbox.cloud.infrastructure.network
    net = network.add_network("n", "10.9.0.0/24")
    old, new = network.add_port(net, "old"), network.add_port(net, "new")
    floating = network.add_floating_ip("Floating IP for Kubernetes external service shop/web from cluster c")
    network.associate(floating, old.id)
    address = services.address(floating.address)
    assert address is not None and (address.port, address.description) == (old.id, floating.description)
    services.attach(address.id, "")
    assert services.address(floating.address).port == ""  # type: ignore[union-attr]
    services.attach(address.id, new.id)
    services.describe(address.id, "kept")
    assert services.address_of_port(new.id) is not None and services.address_of_port(old.id) is None
    assert (floating.port, floating.description) == (new.id, "kept")
    assert services.address("198.51.100.1") is None


def test_a_port_that_has_an_address_already_is_refused(sandbox: Sandbox, services: CloudServices) -> None:
    network = sandbox.cloud.infrastructure.network
    port = network.add_port(network.add_network("m", "10.8.0.0/24"), "busy")
    network.associate(network.add_floating_ip(""), port.id)
    second_address = network.add_floating_ip("")
    with pytest.raises(CloudServiceError, match="did not change a floating IP"):
        services.attach(second_address.id, port.id)


def test_a_cloud_that_is_not_configured_is_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    with pytest.raises(CloudServiceError, match="no usable cloud nowhere"):
        CloudServices("nowhere").volume("x")


def test_a_load_balancer_says_how_it_and_its_members_are(sandbox: Sandbox, services: CloudServices) -> None:
    network = sandbox.cloud.infrastructure.network
    net = network.add_network("lb", "10.8.0.0/24")
    text = "Kubernetes external service shop/web from cluster c"
    balancer = network.add_balancer(net, "web", text)
    members = [("10.8.0.11", 30080), ("10.8.0.12", 30080)]
    balancer.listeners = [
        Listener(id="l-1", name="listener_0_web", protocol="TCP", port=80, pool="p-1", members=members)
    ]
    assert (
        services.balancer_by_description(text) == balancer.id
        and services.balancer_by_description("another") == ""
    )
    assert services.balancer(balancer.id).pools[0].members == ("ERROR", "ERROR")
    assert services.balancer(balancer.id).operating == "ERROR", "nobody answers behind it"
    balancer.listeners[0].answering = frozenset({"10.8.0.11"})
    status = services.balancer(balancer.id)
    assert (status.provisioning, status.operating) == ("ACTIVE", "DEGRADED")
    assert status.pools == (
        LoadBalancerPool(listener="listener_0_web", operating="DEGRADED", members=("ONLINE", "ERROR")),
    )
    balancer.listeners[0].monitored = False
    assert services.balancer(balancer.id).pools[0].members == ("NO_MONITOR", "NO_MONITOR")
    with pytest.raises(CloudNotFound, match="did not show the load balancer"):
        services.balancer("none")


def test_a_snapshot_is_taken_found_and_removed(sandbox: Sandbox, services: CloudServices) -> None:
    storage = sandbox.cloud.infrastructure.storage
    volume = storage.create("snapped", 2)
    snapshot = services.snapshot(volume.id, name="before", description="d", metadata={"xk8s-migration": "m1"})
    assert snapshot.status == "creating", "Cinder answers before it is there"
    [listed] = services.snapshots(volume.id)
    assert (listed.id, listed.name, listed.status, listed.metadata) == (
        snapshot.id,
        "before",
        "available",
        {"xk8s-migration": "m1"},
    )
    with pytest.raises(StorageError, match="have snapshots"):
        storage.delete(volume.id)
    services.remove_snapshot(snapshot.id)
    services.remove_snapshot(snapshot.id)
    assert services.snapshots(volume.id) == ()


def test_a_snapshot_that_cinder_refuses_is_told_in_its_words(
    sandbox: Sandbox, services: CloudServices
) -> None:
    storage = sandbox.cloud.infrastructure.storage
    volume = storage.create("busy", 2)
    storage.attach(volume.id, "server-1")
    with pytest.raises(CloudRefused, match="take a snapshot") as error:
        services.snapshot(volume.id, name="before", description="", metadata={})
    assert "status must be available" in error.value.why
    storage.detach(volume.id, "server-1")
    storage.snapshot_quota = len(storage.snapshots)
    with pytest.raises(CloudRefused) as error:
        services.snapshot(volume.id, name="before", description="", metadata={})
    assert "HTTP 413" in error.value.why and "Maximum number of snapshots allowed" in error.value.why
    storage.snapshot_quota, storage.snapshot_seconds = -1, 60.0
    snapshot = services.snapshot(volume.id, name="before", description="", metadata={})
    assert services.snapshots(volume.id)[0].status == "creating"
    with pytest.raises(CloudRefused, match="remove the snapshot"):
        services.remove_snapshot(snapshot.id)
    storage.snapshot_seconds, storage.snapshots_fail = 0.0, True
    services.snapshot(volume.id, name="bad", description="", metadata={})
    assert {snapshot.name: snapshot.status for snapshot in services.snapshots(volume.id)} == {
        "before": "creating",
        "bad": "error",
    }
    storage.snapshots_fail = False
