"""The state of one cloud: users and roles, flavors and images, templates and clusters, and its faults."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol

from starlette.requests import Request

from sandbox.infrastructure import Infrastructure
from sandbox.openstack.cluster_deletion import DeletionFailed, delete_balancers, delete_network

Json = dict[str, Any]

MEMBER, READER, ADMIN = "member", "reader", "admin"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOrder:
    """What a builder has to know of a cluster that is to be built."""

    uuid: str
    name: str
    driver: str
    labels: dict[str, str]
    masters: int
    nodes: int


class RunningCluster(Protocol):
    """A cluster as its builder hands it over."""

    @property
    def address(self) -> str: ...

    @property
    def authority_pem(self) -> str: ...

    def sign(self, csr_pem: str) -> str: ...

    def node_health(self) -> dict[str, str]: ...

    def servers(self) -> list[str]: ...

    async def stop(self) -> None: ...


class Builder(Protocol):
    """Builds the clusters that Magnum accepts."""

    async def build(self, order: ClusterOrder) -> RunningCluster: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class CloudUser:
    """A user who authenticates by password or by an application credential."""

    id: str
    name: str
    password: str
    role: str
    credential_id: str = ""
    credential_secret: str = ""


@dataclasses.dataclass
class CloudFaults:
    """What is wrong with the cloud at present."""

    status: int = 0  # Magnum answers every request with it
    html: bool = False  # with a page of HTML, as a proxy in front of Magnum does
    delay: float = 0.0  # seconds before each answer of Magnum
    signs_for_creator_only: bool = True  # Magnum's default policy of certificate:create
    no_valid_host: bool = False  # Nova finds no room for servers
    broken_nodes: bool = False  # new clusters come up without a working network driver
    cast_seconds: float = 0.0  # until the conductor stores a cluster that the API has accepted


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
        self.clock = clock or (lambda: datetime.now(UTC))
        self.seconds_to_build = seconds_to_build
        self.token_seconds = token_seconds
        self.project = uuid.uuid4().hex
        self.inventory = Inventory()
        self.faults = CloudFaults()
        self.users: list[CloudUser] = []
        self.tokens: dict[str, tuple[CloudUser, datetime]] = {}
        self.templates: dict[str, Json] = {}
        self.clusters: dict[str, Json] = {}
        self.running: dict[str, RunningCluster] = {}
        self.requests: list[Json] = []  # method, path and global request id of the requests so far
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> str:
        """Return the present as Magnum writes it."""
        return self.clock().replace(microsecond=0).isoformat()

    def record(self, request: Request) -> None:
        """Add a request to `requests`."""
        global_id = request.headers.get("x-openstack-request-id", "")
        self.requests.append({"method": request.method, "path": request.url.path, "global": global_id})

    def accept(self, cluster: Json) -> None:
        """Begin to build a cluster that the API has accepted; its status follows."""
        if self.faults.cast_seconds:
            self._spawn(self._store_later(cluster, self.faults.cast_seconds))
        else:
            self.clusters[cluster["uuid"]] = cluster
            self._spawn(self._build(cluster))

    async def _store_later(self, cluster: Json, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.clusters[cluster["uuid"]] = cluster
        await self._build(cluster)

    async def build_now(self, cluster: Json) -> None:
        """Build a stored cluster without a delay."""
        cluster["status"] = "CREATE_IN_PROGRESS"
        await self._complete(cluster)

    def remove(self, cluster: Json) -> None:
        """Begin to delete a cluster."""
        self._spawn(self._delete(cluster))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _build(self, cluster: Json) -> None:
        await asyncio.sleep(self.seconds_to_build)
        if self.faults.no_valid_host:
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
        await self._complete(cluster)

    async def _complete(self, cluster: Json) -> None:
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

    async def _delete(self, cluster: Json) -> None:
        await asyncio.sleep(self.seconds_to_build / 4)  # the cast is on its way: nothing changes yet
        cluster |= {"status": "DELETE_IN_PROGRESS", "updated_at": self.now()}
        await asyncio.sleep(self.seconds_to_build)
        try:
            await self._delete_resources(cluster["uuid"])
        except DeletionFailed as error:
            cluster |= {
                "status": "DELETE_FAILED",
                "status_reason": str(error),
                "faults": {"network": str(error)},
                "updated_at": self.now(),
            }
            return
        self.clusters.pop(cluster["uuid"], None)

    async def _delete_resources(self, uuid: str) -> None:
        """Delete load balancers, servers and network, in this order.

        Raises `DeletionFailed`; what is gone by then stays gone.
        """
        delete_balancers(self.infrastructure, uuid)
        running = self.running.pop(uuid, None)
        if running is not None:
            for server in running.servers():
                self.infrastructure.storage.detach_all(server)
            await running.stop()
        network = self.infrastructure.network.of_cluster(uuid)
        if network is not None:
            delete_network(self.infrastructure, network)

    def health(self, cluster: Json) -> tuple[str | None, dict[str, str]]:
        """Return `health_status` and its reason, which are about the API and the nodes only.

        Pod networking is not part of it: a cluster whose driver is down can be HEALTHY.
        """
        running = self.running.get(cluster["uuid"])
        if running is None:
            return None, {}
        reason = running.node_health()
        healthy = all(value == ("ok" if key == "api" else "True") for key, value in reason.items())
        return ("HEALTHY" if healthy else "UNHEALTHY"), reason
