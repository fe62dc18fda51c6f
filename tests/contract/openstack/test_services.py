"""Cinder, Neutron and Octavia of the sandbox through the real openstacksdk, and what a cluster's
deletion takes along.
"""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest
from openstack import exceptions

from sandbox.kube.controllers.kubelet import Timings
from sandbox.kube.workloads import AWKWARD, MIGRATION, POLICIES
from sandbox.sandbox import InitialCluster, Sandbox

CLUSTERS = (InitialCluster(name="dev-eu", driver="flannel", nodes=2, workloads=MIGRATION),)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(timings=Timings(start=0.0, stop=0.0), seconds_to_build=0.1, clusters=CLUSTERS)
    sandbox.start()
    sandbox.settle()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def cloud(sandbox: Sandbox, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.write(tmp_path)["OS_CLIENT_CONFIG_FILE"])
    return openstack.connect(cloud="xloud-shop")


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return result


def cluster(cloud: Any) -> str:
    [dev_eu] = [
        candidate
        for candidate in cloud.container_infrastructure_management.clusters()
        if candidate.name == "dev-eu"
    ]
    return str(dev_eu.uuid)


def test_a_volume_says_where_it_is_attached_and_cannot_be_deleted_there(cloud: Any, sandbox: Sandbox) -> None:
    volumes = list(cloud.block_storage.volumes())
    assert len(volumes) == 4 and {volume.status for volume in volumes} == {"in-use"}
    servers = set(sandbox.cluster_faults["dev-eu"].cluster.servers())
    assert {volume.attachments[0]["server_id"] for volume in volumes} <= servers
    with pytest.raises(exceptions.BadRequestException, match="Volume status must be available"):
        cloud.block_storage.delete_volume(volumes[0], ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        cloud.block_storage.get_volume("none")


def test_metadata_and_snapshots_of_volumes_are_kept(cloud: Any) -> None:
    volume = next(iter(cloud.block_storage.volumes()))
    assert volume.metadata["csi.storage.k8s.io/pvc/namespace"] in ("shop", "billing")
    cloud.block_storage.set_volume_metadata(volume, moved="yes")
    assert cloud.block_storage.get_volume(volume.id).metadata["moved"] == "yes"
    with pytest.raises(exceptions.BadRequestException):
        cloud.block_storage.create_snapshot(volume_id=volume.id, name="before")
    snapshot = cloud.block_storage.create_snapshot(volume_id=volume.id, name="before", is_forced=True)
    assert cloud.block_storage.get_snapshot(snapshot.id).volume_id == volume.id
    cloud.block_storage.delete_snapshot(snapshot.id)
    assert list(cloud.block_storage.snapshots()) == []


def test_an_address_is_found_described_let_go_and_given_to_another_port(cloud: Any, sandbox: Sandbox) -> None:
    [floating] = cloud.network.ips()
    [balancer] = cloud.load_balancer.load_balancers()
    assert floating.port_id == balancer.vip_port_id
    assert floating.description == f"Floating IP for {balancer.description}"
    assert cloud.network.update_ip(floating, description="kept by hand").description == "kept by hand"
    assert cloud.network.update_ip(floating, port_id=None).port_id is None
    [net] = [network for network in cloud.network.networks() if network.name == "dev-eu-net"]
    port = sandbox.infrastructure.network.add_port(sandbox.infrastructure.network.networks[net.id], "other")
    assert cloud.network.update_ip(floating.id, port_id=port.id).fixed_ip_address == port.address
    second = sandbox.infrastructure.network.add_floating_ip("second")
    with pytest.raises(exceptions.ConflictException, match="already has a floating IP"):
        cloud.network.update_ip(second.id, port_id=port.id)
    assert [address.id for address in cloud.network.ips(port_id=port.id)] == [floating.id]


def test_a_load_balancer_shows_its_listeners_and_its_members(cloud: Any) -> None:
    [balancer] = cloud.load_balancer.load_balancers()
    assert (balancer.provisioning_status, balancer.operating_status) == ("ACTIVE", "ONLINE")
    [listener] = cloud.load_balancer.listeners(load_balancer_id=balancer.id)
    members = list(cloud.load_balancer.members(listener.default_pool_id))
    assert listener.protocol_port == 80 and len(members) == 3
    with pytest.raises(exceptions.ConflictException, match="has children"):
        cloud.load_balancer.delete_load_balancer(balancer.id, ignore_missing=False)


def test_snapshots_that_find_no_room_or_fail_say_so(cloud: Any, sandbox: Sandbox) -> None:
    volume = cloud.block_storage.create_volume(name="spare", size=1)
    sandbox.loopback.run(sandbox.faults.switch("storage/snapshots-full", True, ""))
    with pytest.raises(exceptions.HttpException, match="Maximum number of snapshots allowed") as error:
        cloud.block_storage.create_snapshot(volume_id=volume.id, name="before")
    assert error.value.status_code == 413
    sandbox.loopback.run(sandbox.faults.switch("storage/snapshots-full", False, ""))
    sandbox.loopback.run(sandbox.faults.switch("storage/snapshots-fail", True, ""))
    snapshot = cloud.block_storage.create_snapshot(volume_id=volume.id, name="before")
    assert snapshot.status == "creating" and cloud.block_storage.get_snapshot(snapshot.id).status == "error"
    with pytest.raises(exceptions.BadRequestException, match="have snapshots"):
        cloud.block_storage.delete_volume(volume, ignore_missing=False)
    sandbox.loopback.run(sandbox.faults.switch("storage/snapshots-fail", False, ""))
    cloud.block_storage.delete_snapshot(snapshot.id)
    cloud.block_storage.delete_volume(volume, ignore_missing=False)


def gone(cloud: Any) -> bool:
    return not [
        candidate
        for candidate in cloud.container_infrastructure_management.clusters()
        if candidate.name == "dev-eu"
    ]


def test_a_deleted_cluster_takes_its_load_balancers_and_addresses_along_and_leaves_its_disks(
    cloud: Any,
) -> None:
    before = {volume.id for volume in cloud.block_storage.volumes()}
    cloud.container_infrastructure_management.delete_cluster(cluster(cloud))
    until(lambda: gone(cloud))
    assert list(cloud.load_balancer.load_balancers()) == [] and list(cloud.network.ips()) == []
    remaining = list(cloud.block_storage.volumes())
    assert {volume.id for volume in remaining} == before and {volume.status for volume in remaining} == {
        "available"
    }
    assert "dev-eu-net" not in {net.name for net in cloud.network.networks()}


def test_an_address_with_another_description_outlives_the_cluster(cloud: Any) -> None:
    [floating] = cloud.network.ips()
    cloud.network.update_ip(floating, description="shop.example.com")
    cloud.container_infrastructure_management.delete_cluster(cluster(cloud))
    until(lambda: gone(cloud))
    [remaining] = cloud.network.ips()
    assert (remaining.id, remaining.port_id) == (floating.id, None)


def status(cloud: Any) -> dict[str, Any]:
    return dict(cloud.container_infrastructure_management.get(f"/clusters/{cluster(cloud)}").json())


@pytest.mark.parametrize(
    ("fault", "why"), [("stuck", "pre-delete"), ("foreign-port", "ports still in use on the network")]
)
def test_a_deletion_that_fails_half_way_says_why_and_can_be_asked_for_again(
    cloud: Any, sandbox: Sandbox, fault: str, why: str
) -> None:
    panel = sandbox.faults
    sandbox.loopback.run(panel.switch(f"network/{fault}", True, ""))
    cloud.container_infrastructure_management.delete_cluster(cluster(cloud))
    until(lambda: status(cloud)["status"] == "DELETE_FAILED")
    assert why in status(cloud)["status_reason"]
    assert bool(list(cloud.load_balancer.load_balancers())) == (fault == "stuck")
    sandbox.loopback.run(panel.switch(f"network/{fault}", False, ""))
    cloud.container_infrastructure_management.delete_cluster(cluster(cloud))
    until(lambda: gone(cloud))


def test_every_set_of_workloads_runs(sandbox: Sandbox) -> None:
    async def deploy(sets: tuple[str, ...]) -> Any:
        from sandbox.kube.cluster import ClusterSpec, SandboxCluster
        from sandbox.kube.workloads import objects

        spec = ClusterSpec(uuid="more", name="more", driver="calico", nodes=3, subnet="10.9.0")
        cluster = SandboxCluster(spec, timings=Timings(start=0.0, stop=0.0))
        await cluster.start(sandbox.loopback)
        cluster.deploy(objects(sets))
        await cluster.settled()
        return cluster

    cluster = sandbox.loopback.run(deploy(POLICIES + AWKWARD))
    for running in (cluster, sandbox.cluster_faults["dev-eu"].cluster):
        store = running.store
        pods = store.all_of(store.registry.named("Pod"))
        assert {pod["status"]["phase"] for pod in pods} <= {"Running", "Succeeded"}
        for deployment in store.all_of(store.registry.named("Deployment")):
            assert deployment["status"].get("readyReplicas", 0) == deployment["spec"]["replicas"]


def test_a_cluster_that_magnum_makes_has_no_storage_class_and_one_with_broken_nodes_is_complete_too(
    cloud: Any, sandbox: Sandbox
) -> None:
    [template] = [t for t in sandbox.cloud.templates.values() if t["name"] == "base-flannel"]
    sandbox.loopback.run(sandbox.faults.switch("cloud/crash", True, ""))
    proxy = cloud.container_infrastructure_management
    cluster = proxy.create_cluster(
        name="fresh", cluster_template_id=template["uuid"], node_count=1, master_count=1
    )
    until(lambda: proxy.get(f"/clusters/{cluster.id}").json()["status"] == "CREATE_COMPLETE")
    store = sandbox.cluster_faults["fresh"].cluster.store
    assert store.all_of(store.registry.named("StorageClass")) == []
    daemons = store.all_of(store.registry.named("DaemonSet"))
    assert [daemon["status"]["numberReady"] for daemon in daemons] == [0]


@pytest.mark.parametrize(
    ("public", "hidden", "listed", "by_uuid"),
    [
        (False, False, False, False),
        (True, False, True, True),
        (True, True, False, True),
        (False, True, False, False),
    ],
)
def test_a_template_of_another_project_is_seen_if_it_is_public(
    cloud: Any, sandbox: Sandbox, public: bool, hidden: bool, listed: bool, by_uuid: bool
) -> None:
    own_template = next(iter(sandbox.cloud.templates.values()))
    foreign = {
        **own_template,
        "uuid": "11111111-2222-3333-4444-555555555555",
        "name": "foreign",
        "project_id": "other",
        "public": public,
        "hidden": hidden,
    }
    sandbox.loopback.call(sandbox.cloud.templates.__setitem__, foreign["uuid"], foreign)
    proxy = cloud.container_infrastructure_management
    assert ("foreign" in {template.name for template in proxy.cluster_templates()}) == listed
    if by_uuid:
        assert proxy.get_cluster_template(foreign["uuid"]).name == "foreign"
        assert proxy.delete(f"/clustertemplates/{foreign['uuid']}").status_code == 403
    else:
        with pytest.raises(exceptions.NotFoundException):
            proxy.get_cluster_template(foreign["uuid"])
