"""Two sandbox clusters of one cloud, one with Flannel and a team's workload, one empty with Calico."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from bot.actions.action import Driver
from bot.clusters.services import Disk
from bot.kube.client import Kube
from bot.kube.connection import Endpoint
from bot.migration.plan import Plan, Side
from bot.migration.planning.builder import Wish, build
from bot.migration.planning.survey import survey
from bot.sandbox.infrastructure import Infrastructure
from bot.sandbox.kube.cluster import ClusterSpec, SandboxCluster
from bot.sandbox.kube.controllers.kubelet import Tempo
from bot.sandbox.serving import Loopback
from tests.contract.migration import workload

TOKEN = "master-token"
KEY = b"key of the tests"


class Cinder:
    """Cinder's answers, from the sandbox's state."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._storage = infrastructure.storage

    def disk(self, volume: str) -> Disk:
        found = self._storage.get(volume)
        return Disk(id=found.id, status=found.status, servers=(found.attachment.server,) if found.attachment else ())


@dataclasses.dataclass
class Cloud:
    """The two clusters, and the project that they are in."""

    loopback: Loopback
    infrastructure: Infrastructure
    clusters: dict[str, SandboxCluster]

    def kube(self, name: str, *, answer: float | None = None) -> Kube:
        found = self.clusters[name]
        where = Endpoint(server=found.address, ca_pem=found.authority.pem, token=SecretStr(TOKEN))
        return Kube(where, user_agent="xk8s/test (operation 0123)", seconds=120, answer=answer)

    def settle(self) -> None:
        for found in self.clusters.values():
            self.loopback.run(found.settled(30.0), seconds=40)

    def add(self, name: str, driver: str, subnet: str, pool: str) -> None:
        self.loopback.run(self._add(name, driver, subnet, pool), seconds=30)

    async def _add(self, name: str, driver: str, subnet: str, pool: str) -> None:
        label = {"calico": "calico_ipv4pool", "flannel": "flannel_network_cidr"}[driver]
        spec = ClusterSpec(
            uuid=f"uuid-{name}", name=name, driver=driver, labels={label: pool}, nodes=3, subnet=subnet
        )
        tempo = Tempo(start=0.0, stop=0.0)
        made = SandboxCluster(spec, tempo=tempo, infrastructure=self.infrastructure)
        made.authenticator.add_token(TOKEN, "admin", ["system:masters"])
        await made.start(self.loopback)
        await made.settled(30.0)
        self.clusters[name] = made

    def deploy(self, name: str, objects: list[workload.Object]) -> None:
        async def now() -> None:
            self.clusters[name].deploy(objects)
            await self.clusters[name].settled(30.0)

        self.loopback.run(now(), seconds=40)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    loopback = Loopback()
    loopback.start()
    made = Cloud(loopback, Infrastructure(), {})
    made.add("dev", "flannel", "10.0.1", "10.101.0.0/16")
    made.add("new", "calico", "10.0.2", "10.100.0.0/16")
    made.deploy("dev", workload.objects())
    yield made
    loopback.stop()


def side(cloud: Cloud, name: str) -> Side:
    spec = cloud.clusters[name].spec
    return Side(name=name, driver=Driver(spec.driver), id=spec.uuid, kubernetes=spec.kubernetes)


def wish(cloud: Cloud, source: str = "dev", target: str = "new", **more: Any) -> Wish:
    given: dict[str, Any] = {
        "migration": "m1",
        "volumes": ("reattach",),
        "same_project": True,
        "labels": cloud.clusters[source].spec.labels,
    }
    return Wish(source=side(cloud, source), target=side(cloud, target), **{**given, **more})


def planned(cloud: Cloud, asked: Wish, namespaces: tuple[str, ...] = ()) -> Plan:
    found = survey(cloud.kube(asked.source.name), cloud.kube(asked.target.name), namespaces=namespaces)
    return build(asked, found, KEY)
