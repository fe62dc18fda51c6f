"""What one cloud knows: users and roles, flavors and images, templates and clusters, and what ails it."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from sandbox.infrastructure import Infrastructure
from sandbox.openstack.deletion import DeletionFailed, delete_balancers, delete_network

Json = dict[str, Any]

MEMBER, READER, ADMIN = "member", "reader", "admin"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOrder:
    """A cluster that is to be built."""

    uuid: str
    name: str
    driver: str
    labels: dict[str, str]
    masters: int
    nodes: int


class RunningCluster(Protocol):
    """A cluster that was built."""

    @property
    def address(self) -> str: ...

    @property
    def authority_pem(self) -> str: ...

    def sign(self, csr_pem: str) -> str: ...

    def node_health(self) -> dict[str, str]: ...

    def servers(self) -> list[str]: ...

    async def stop(self) -> None: ...


class Builder(Protocol):
    """Builds clusters."""

    async def build(self, order: ClusterOrder) -> RunningCluster: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class CloudUser:
    """Somebody who may authenticate, by password or by an application credential."""

    id: str
    name: str
    password: str
    role: str
    credential_id: str = ""
    credential_secret: str = ""


@dataclasses.dataclass
class Ailments:
    """What is wrong with the cloud just now."""

    status: int = 0  # Magnum answers everything with this
    html: bool = False  # as a proxy in front of it would
    delay: float = 0.0
    signs_for_creator_only: bool = True  # Magnum's default policy of certificate:create
    no_valid_host: bool = False  # Nova finds no room for servers
    broken_nodes: bool = False  # new clusters come up without a working network driver
    cast_seconds: float = 0.0  # how long the conductor takes to store a cluster that the API has accepted


@dataclasses.dataclass
class Inventory:
    """What Glance, Nova and Neutron have."""

    images: dict[str, str | None] = dataclasses.field(
        default_factory=lambda: {
            "fedora-coreos-39": "fedora-coreos",
            "no-distro": None,
            "ubuntu-2204-kube-v1.29": "ubuntu",
        }
    )
    flavors: set[str] = dataclasses.field(default_factory=lambda: {"m1.small", "m1.medium", "m1.large"})
    networks: set[str] = dataclasses.field(default_factory=lambda: {"public"})
    keypairs: set[str] = dataclasses.field(default_factory=lambda: {"ops-key"})
    most_clusters: int = 20


class Cloud:
    """One project of one cloud. It lives on one event loop."""

    def __init__(
        self,
        builder: Builder,
        *,
        clock: Callable[[], datetime] | None = None,
        seconds_to_build: float = 5.0,
        token_seconds: float = 3_600.0,
        infrastructure: Infrastructure | None = None,
    ) -> None:
        self.infrastructure = infrastructure or Infrastructure()
        self._builder = builder
        self._clock = clock or (lambda: datetime.now(UTC))
        self.seconds_to_build = seconds_to_build
        self.token_seconds = token_seconds
        self.project = uuid.uuid4().hex
        self.inventory = Inventory()
        self.ailments = Ailments()
        self.users: list[CloudUser] = []
        self.tokens: dict[str, tuple[CloudUser, datetime]] = {}
        self.templates: dict[str, Json] = {}
        self.clusters: dict[str, Json] = {}
        self.running: dict[str, RunningCluster] = {}
        self.requests: list[Json] = []  # method, path and global request id of what came in
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> str:
        """The present, as Magnum writes it."""
        return self._clock().replace(microsecond=0).isoformat()

    def clock(self) -> datetime:
        """The present."""
        return self._clock()

    def accept(self, cluster: Json) -> None:
        """Store a cluster that the API has answered for, and begin to build it; its status follows."""
        if self.ailments.cast_seconds:
            self._spawn(self._stored(cluster, self.ailments.cast_seconds))
        else:
            self.clusters[cluster["uuid"]] = cluster
            self._spawn(self._built(cluster))

    async def _stored(self, cluster: Json, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.clusters[cluster["uuid"]] = cluster
        await self._built(cluster)

    async def build_now(self, cluster: Json) -> None:
        """Build a cluster that is there from the start."""
        cluster["status"] = "CREATE_IN_PROGRESS"
        await self._finish(cluster)

    def remove(self, cluster: Json) -> None:
        """Begin to delete a cluster."""
        self._spawn(self._removed(cluster))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _built(self, cluster: Json) -> None:
        await asyncio.sleep(self.seconds_to_build)
        if self.ailments.no_valid_host:
            reason = (
                "Resource CREATE failed: ResourceInError: resources.kube_minions: Went to status ERROR due to"
                ' "No valid host was found"'
            )
            cluster |= {
                "status": "CREATE_FAILED",
                "status_reason": "default-master failed, default-worker failed",
                "faults": {"default-master": reason, "default-worker": reason},
                "updated_at": self.now(),
            }
            return
        await self._finish(cluster)

    async def _finish(self, cluster: Json) -> None:
        template = self.templates[cluster["cluster_template_id"]]
        order = ClusterOrder(
            uuid=cluster["uuid"],
            name=cluster["name"],
            driver=template["network_driver"] or "flannel",
            labels={**template["labels"], **cluster["labels"]},
            masters=cluster["master_count"],
            nodes=cluster["node_count"],
        )
        running = await self._builder.build(order)
        self.running[cluster["uuid"]] = running
        cluster |= {
            "status": "CREATE_COMPLETE",
            "api_address": running.address,
            "updated_at": self.now(),
            "coe_version": order.labels.get("kube_tag", "v1.29.5"),
            "container_version": "1.6.31",
        }

    async def _removed(self, cluster: Json) -> None:
        await asyncio.sleep(self.seconds_to_build / 4)  # the cast is on its way: still as before
        cluster |= {"status": "DELETE_IN_PROGRESS", "updated_at": self.now()}
        await asyncio.sleep(self.seconds_to_build)
        try:
            await self._demolish(cluster["uuid"])
        except DeletionFailed as failed:
            cluster |= {
                "status": "DELETE_FAILED",
                "status_reason": str(failed),
                "faults": {"network": str(failed)},
                "updated_at": self.now(),
            }
            return
        self.clusters.pop(cluster["uuid"], None)

    async def _demolish(self, uuid: str) -> None:
        """Load balancers, servers, network: in this order, and what is gone is gone. Raises
        `DeletionFailed`.
        """
        delete_balancers(self.infrastructure, uuid)
        running = self.running.pop(uuid, None)
        if running is not None:
            for server in running.servers():
                self.infrastructure.storage.server_gone(server)
            await running.stop()
        net = self.infrastructure.network.of_cluster(uuid)
        if net is not None:
            delete_network(self.infrastructure, net)

    def health(self, cluster: Json) -> tuple[str | None, dict[str, str]]:
        """`health_status` and its reason: the API and the nodes, nothing about pod networking."""
        running = self.running.get(cluster["uuid"])
        if running is None:
            return None, {}
        reason = running.node_health()
        good = reason["api"] == "ok" and all(value == "True" for key, value in reason.items() if key != "api")
        return ("HEALTHY" if good else "UNHEALTHY"), reason
