"""Two sandbox clusters of one cloud, one with Flannel and a team's workload, one empty with Calico."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.connection import Endpoint
from bot.adapters.kube.connection_pools import ConnectionPools
from bot.adapters.openstack.cloud_services import LoadBalancer, LoadBalancerPool, Volume, VolumeSnapshot
from bot.adapters.openstack.service_client import CloudNotFound, CloudRefused
from bot.drivers.driver import Driver
from bot.migration.copy import writer
from bot.migration.inventory import cluster_objects
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.plan import ClusterSide, MigrationPlan
from bot.migration.planning.survey import survey
from bot.migration.source import changes
from sandbox.infrastructure import Infrastructure
from sandbox.infrastructure.block_storage import StorageError
from sandbox.kube.cluster import ClusterSpec, SandboxCluster
from sandbox.kube.controllers.kubelet import Timings
from sandbox.loopback import Loopback
from tests.contract.migration import workload

TOKEN = "master-token"
KEY = b"key of the tests"


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """The sandbox's refusals as the client tells them."""
    try:
        yield
    except StorageError as why:
        raise CloudRefused("Cinder did not", why=f"HTTP {why.status}: {why}") from why


class Cinder:
    """Cinder's answers, from the sandbox's state."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._storage = infrastructure.storage

    def volume(self, volume: str) -> Volume:
        disk = self._storage.get(volume)
        servers = (disk.attachment.server,) if disk.attachment else ()
        return Volume(id=disk.id, status=disk.status, servers=servers)

    def snapshots(self, volume: str) -> tuple[VolumeSnapshot, ...]:
        stored = [snapshot for snapshot in self._storage.snapshots.values() if snapshot.volume == volume]
        return tuple(
            VolumeSnapshot(
                id=snapshot.id, name=snapshot.name, status=snapshot.status, metadata=snapshot.metadata
            )
            for snapshot in stored
        )

    def snapshot(
        self, volume: str, *, name: str, description: str, metadata: Mapping[str, str]
    ) -> VolumeSnapshot:
        with refused():
            created = self._storage.snapshot(volume, name, force=False, description=description)
        created.metadata = dict(metadata)
        return VolumeSnapshot(id=created.id, name=created.name, status="creating", metadata=created.metadata)

    def remove_snapshot(self, snapshot: str) -> None:
        with refused():
            self._storage.delete_snapshot(snapshot)


class Octavia:
    """Octavia's answers, from the sandbox's state."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._network = infrastructure.network

    def balancer(self, balancer: str) -> LoadBalancer:
        balancer_state = self._network.balancers.get(balancer)
        if balancer_state is None:
            raise CloudNotFound("no such load balancer")
        return LoadBalancer(
            id=balancer_state.id,
            provisioning=balancer_state.provisioning,
            operating=balancer_state.health,
            pools=tuple(
                LoadBalancerPool(
                    listener=listener.name,
                    operating=listener.operating,
                    members=tuple(listener.member_status(at) for at, _ in listener.members),
                )
                for listener in balancer_state.listeners
            ),
        )

    def balancer_by_description(self, text: str) -> str:
        return next(
            (balancer.id for balancer in self._network.balancers.values() if balancer.description == text), ""
        )


@dataclasses.dataclass
class Cloud:
    """The two clusters, and the project that they are in."""

    loopback: Loopback
    infrastructure: Infrastructure
    clusters: dict[str, SandboxCluster]
    pools: ConnectionPools = dataclasses.field(default_factory=ConnectionPools)

    def kube(self, name: str, *, answer: float | None = None) -> KubeClient:
        cluster = self.clusters[name]
        endpoint = Endpoint(server=cluster.address, ca_pem=cluster.authority.pem, token=SecretStr(TOKEN))
        agent = "xk8s/test (operation 0123)"
        return KubeClient(endpoint, user_agent=agent, seconds=120, answer=answer, pools=self.pools)

    def settle(self) -> None:
        for cluster in self.clusters.values():
            self.loopback.run(cluster.settled(30.0), seconds=40)

    def add(self, name: str, driver: str, subnet: str, pool: str) -> None:
        self.loopback.run(self._add(name, driver, subnet, pool), seconds=30)

    async def _add(self, name: str, driver: str, subnet: str, pool: str) -> None:
        label = {"calico": "calico_ipv4pool", "flannel": "flannel_network_cidr"}[driver]
        spec = ClusterSpec(
            uuid=f"uuid-{name}", name=name, driver=driver, labels={label: pool}, nodes=3, subnet=subnet
        )
        tempo = Timings(start=0.0, stop=0.0)
        cluster = SandboxCluster(spec, timings=tempo, infrastructure=self.infrastructure)
        cluster.authenticator.add_token(TOKEN, "admin", ["system:masters"])
        await cluster.start(self.loopback)
        await cluster.settled(30.0)
        self.clusters[name] = cluster

    def deploy(self, name: str, objects: list[workload.Object]) -> None:
        async def now() -> None:
            self.clusters[name].deploy(objects)
            await self.clusters[name].settled(30.0)

        self.loopback.run(now(), seconds=40)


@contextlib.contextmanager
def both() -> Iterator[Cloud]:
    """The two clusters, up and settled."""
    loopback = Loopback()
    loopback.start()
    cloud = Cloud(loopback, Infrastructure(), {})
    cloud.add("dev", "flannel", "10.0.1", "10.101.0.0/16")
    cloud.add("new", "calico", "10.0.2", "10.100.0.0/16")
    cloud.deploy("dev", workload.objects())
    yield cloud
    loopback.stop()


@pytest.fixture(autouse=True)
def few_requests_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Client and sandbox share an interpreter here, so that more threads only wait for each other."""
    for module in (cluster_objects, writer, changes):
        monkeypatch.setattr(module, "AT_ONCE", 3)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with both() as clusters:
        yield clusters


def side(cloud: Cloud, name: str) -> ClusterSide:
    spec = cloud.clusters[name].spec
    return ClusterSide(name=name, driver=Driver(spec.driver), id=spec.uuid, kubernetes=spec.kubernetes)


def plan_request(cloud: Cloud, source: str = "dev", target: str = "new", **options: Any) -> PlanRequest:
    defaults: dict[str, Any] = {
        "migration": "m1",
        "volumes": ("reattach",),
        "same_project": True,
        "labels": cloud.clusters[source].spec.labels,
    }
    return PlanRequest(source=side(cloud, source), target=side(cloud, target), **{**defaults, **options})


def planned(cloud: Cloud, request: PlanRequest, namespaces: tuple[str, ...] = ()) -> MigrationPlan:
    facts = survey(cloud.kube(request.source.name), cloud.kube(request.target.name), namespaces=namespaces)
    return build(request, facts, KEY)
