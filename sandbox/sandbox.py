"""The whole sandbox: a workspace, a cloud and its clusters, wired together and served on loopback."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from starlette.types import ASGIApp

from sandbox.faults import SandboxFaults
from sandbox.infrastructure import Infrastructure
from sandbox.installation import EDGE_TOKEN, EDGE_USER, KUBERNETES, write_installation
from sandbox.kube import workloads
from sandbox.kube.cluster import ClusterSpec, SandboxCluster
from sandbox.kube.controllers.kubelet import Timings
from sandbox.kube.faults import ClusterFaults
from sandbox.loopback import Loopback, Server
from sandbox.openstack.cinder import cinder_app
from sandbox.openstack.cloud import MEMBER, Cloud, CloudUser, ClusterOrder, Json
from sandbox.openstack.keystone import keystone_app
from sandbox.openstack.magnum.app import MagnumApp
from sandbox.openstack.magnum.clusters import cluster_record
from sandbox.openstack.magnum.templates import template_record
from sandbox.openstack.neutron import neutron_app
from sandbox.openstack.octavia import octavia_app
from sandbox.slack.app import create_app
from sandbox.slack.delivery import EVENT_RETRIES
from sandbox.slack.demo_workspace import create_demo_workspace
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.web_api import WebApi

DRIVER_LABELS = {
    "calico": {"calico_ipv4pool": "10.100.0.0/16", "calico_tag": "v3.26.4"},
    "flannel": {"flannel_network_cidr": "10.101.0.0/16"},
}
USERS = (
    CloudUser(
        id="user-ops",
        name="ops",
        password="sandbox",
        role=MEMBER,
        credential_id="cred-ops",
        credential_secret="sandbox-credential",
    ),
    CloudUser(id="user-other", name="other", password="sandbox", role=MEMBER),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class InitialCluster:
    """A cluster that exists from the start; `workloads` are the sets of manifests that run in it."""

    name: str
    driver: str
    nodes: int
    masters: int = 1
    workloads: tuple[str, ...] = ()


CLUSTERS = (
    InitialCluster(name="prod-eu", driver="calico", nodes=9, masters=3, workloads=workloads.POLICIES),
    InitialCluster(name="staging-eu", driver="calico", nodes=4),
    InitialCluster(name="dev-eu", driver="flannel", nodes=3, workloads=workloads.MIGRATION),
)


class Sandbox:
    """Everything that the bot talks to."""

    def __init__(
        self,
        *,
        timings: Timings | None = None,
        seconds_to_build: float = 5.0,
        clusters: Sequence[InitialCluster] = CLUSTERS,
        event_retries: tuple[float, ...] = EVENT_RETRIES,
        rate_limits: bool = True,
    ) -> None:
        self.loopback = Loopback()
        self.workspace = create_demo_workspace()
        self.sockets = SocketMode(self.workspace, event_retries=event_retries)
        self.api = WebApi(self.workspace, socket_url=self.sockets.ticket, rate_limits=rate_limits)
        self.infrastructure = Infrastructure()
        self.cloud = Cloud(self, seconds_to_build=seconds_to_build, infrastructure=self.infrastructure)
        self.cluster_faults: dict[str, ClusterFaults] = {}  # by the name of the cluster
        self.faults = SandboxFaults(self)
        self.edge: SandboxCluster | None = None
        self.slack_url = self.keystone_url = self.magnum_url = ""
        self._timings = timings or Timings()
        self.infrastructure.storage.snapshot_seconds = self._timings.start
        self._initial_clusters = clusters
        self._subnets = 0
        self._started = False  # whether the initial clusters exist
        self._magnum: Server | None = None

    # --- life

    def start(self, *, port: int = 0) -> None:
        """Serve everything; the workspace on a port, or on a free one. Raises `OSError` if it is taken."""
        self.loopback.start()
        self.loopback.run(self._start(port), seconds=60)

    def settle(self, seconds: float = 20.0) -> None:
        """Wait until the controllers of every cluster have nothing left to do."""
        for faults in list(self.cluster_faults.values()):
            self.loopback.run(faults.cluster.settled(seconds), seconds + 5)

    def stop(self) -> None:
        """Close every server and end the loop's thread."""
        self.loopback.stop()

    def write(self, folder: Path) -> dict[str, str]:
        """Write the files of the bot into a folder, and return its environment."""
        if self.edge is None:
            raise RuntimeError("the sandbox is not started")
        return write_installation(
            folder,
            slack_url=self.slack_url,
            keystone_url=self.keystone_url,
            user=self.cloud.users[0],
            edge=self.edge,
        )

    async def _start(self, port: int) -> None:
        app = create_app(self.workspace, self.api, self.sockets, panel=self.faults)
        self.slack_url = self.workspace.url = await self._serve(app, port)
        self.sockets.url = self.slack_url.replace("http://", "ws://")
        self.workspace.deliver = self.sockets.deliver
        self.cloud.users = list(USERS)
        self.cloud.inventory.flavors.add("m1.large")
        await self.open_magnum()
        cinder = f"{await self._serve(cinder_app(self.cloud))}/v3/{self.cloud.project}"
        services = {
            "container-infra": f"{self.magnum_url}/v1",
            "volumev3": cinder,
            "block-storage": cinder,
            "load-balancer": await self._serve(octavia_app(self.cloud)),
            "network": await self._serve(neutron_app(self.cloud)),
        }
        self.keystone_url = await self._serve(keystone_app(self.cloud, services))
        await asyncio.gather(*(self._create_initial(cluster) for cluster in self._initial_clusters))
        self.edge = await self._create_edge()
        self._started = True

    async def _serve(self, app: ASGIApp, port: int = 0) -> str:
        return (await self.loopback.serve_on_loop(app, port=port)).url

    async def open_magnum(self) -> None:
        """Serve Magnum, on the port it had before if it had one."""
        port = int(self.magnum_url.rpartition(":")[2]) if self.magnum_url else 0
        self._magnum = await self.loopback.serve_on_loop(MagnumApp(self.cloud), port=port)
        self.magnum_url = self._magnum.url

    async def close_magnum(self) -> None:
        """Stop serving Magnum: connections to it are refused."""
        if self._magnum is not None:
            await self._magnum.close()
            self._magnum = None

    # --- clusters

    async def _create_initial(self, initial: InitialCluster) -> None:
        cloud = self.cloud
        body = {"name": initial.name, "node_count": initial.nodes, "master_count": initial.masters}
        record = cluster_record(cloud, body, self._base_template(initial.driver), cloud.users[0])
        cloud.clusters[record["uuid"]] = record
        await cloud.build_now(record)
        if initial.workloads:
            cluster = self.cluster_faults[initial.name].cluster
            cluster.deploy(workloads.objects(initial.workloads))

    def _base_template(self, driver: str) -> Json:
        """Return the template of the initial clusters of a driver."""
        cloud, name = self.cloud, f"base-{driver}"
        for template in cloud.templates.values():
            if template["name"] == name:
                return template
        labels = {"kube_tag": KUBERNETES, "container_runtime": "containerd", **DRIVER_LABELS[driver]}
        body = {
            "name": name,
            "image_id": "fedora-coreos-39",
            "flavor_id": "m1.large",
            "master_flavor_id": "m1.large",
            "keypair_id": "ops-key",
            "external_network_id": "public",
            "network_driver": driver,
            "labels": labels,
            "master_lb_enabled": True,
            "volume_driver": "cinder",
            "docker_storage_driver": "overlay2",
        }
        template = template_record(cloud, body, cloud.users[0])
        cloud.templates[template["uuid"]] = template
        return template

    async def build(self, order: ClusterOrder) -> SandboxCluster:
        """Build a cluster for Magnum."""
        return await self._create_cluster(
            ClusterSpec(
                uuid=order.uuid,
                name=order.name,
                driver=order.driver,
                labels=order.labels,
                masters=order.masters,
                nodes=order.nodes,
                kubernetes=order.labels.get("kube_tag", KUBERNETES),
                subnet=self._next_subnet(),
                storage_class=not self._started,
                broken_nodes=self.cloud.faults.broken_nodes,
                age=timedelta() if self._started else timedelta(days=40),
            )
        )

    async def _create_edge(self) -> SandboxCluster:
        spec = ClusterSpec(uuid="edge", name="edge", driver="calico", nodes=2, subnet=self._next_subnet())
        cluster = await self._create_cluster(spec, restricted=True)
        cluster.authenticator.add_token(EDGE_TOKEN, EDGE_USER, ["readers"])
        return cluster

    async def _create_cluster(self, spec: ClusterSpec, *, restricted: bool = False) -> SandboxCluster:
        cluster = SandboxCluster(spec, timings=self._timings, infrastructure=self.infrastructure)
        await cluster.start(self.loopback)
        await cluster.settled()
        self.cluster_faults[spec.name] = ClusterFaults(cluster, self.loopback, restricted=restricted)
        return cluster

    def _next_subnet(self) -> str:
        self._subnets += 1
        return f"10.0.{self._subnets}"
