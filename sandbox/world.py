"""The whole sandbox: a workspace, a cloud and its clusters, wired together and served on loopback.

It writes what a real installation would have (clouds.yaml, a kubeconfig, the bot's YAML file and its
environment) into a folder; the bot is then started on that like on anything else.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import getpass
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sandbox.infrastructure import Infrastructure
from sandbox.kube import workloads
from sandbox.kube.cluster import ClusterSpec, SandboxCluster
from sandbox.kube.controllers.kubelet import Tempo
from sandbox.kube.faults import FaultSwitches
from sandbox.loopback import Loopback, Served
from sandbox.openstack.cinder import cinder_app
from sandbox.openstack.cloud import MEMBER, Cloud, CloudUser, ClusterOrder
from sandbox.openstack.keystone import clouds_yaml, keystone_app
from sandbox.openstack.magnum import MagnumApp, cluster, template
from sandbox.openstack.neutron import neutron_app
from sandbox.openstack.octavia import octavia_app
from sandbox.slack.model import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from sandbox.slack.page_app import create_app
from sandbox.slack.people import shop
from sandbox.slack.sockets import SocketMode
from sandbox.slack.web_api import WebApi
from sandbox.world_faults import WorldFaults

EDGE_TOKEN = "edge-reader-token"
AUDIT_KEY = "sandbox-audit-key-sandbox-audit-key-0001"
KUBERNETES = "v1.29.5"
POOLS = {"calico": ("calico_ipv4pool", "10.100.0.0/16"), "flannel": ("flannel_network_cidr", "10.101.0.0/16")}

CONFIGURATION = """\
projects:
  shop:
    cloud: xloud-shop
    channels: [C0SHOP, C0SHOPDEV, C0PARTNER, C0RANDOM]
    template_defaults:
      name: "k8s-{kubernetes}-{driver}"
      image: fedora-coreos-39
      flavor: m1.large
      master_flavor: m1.large
      external_network: public
      keypair: ops-key
      kubernetes: v1.29.5
      container_runtime: containerd
      drivers:
        calico: {labels: {calico_tag: v3.26.4, calico_ipv4pool: 10.100.0.0/16}}
        flannel: {labels: {flannel_tag: v0.15.1, flannel_network_cidr: 10.101.0.0/16}}
    clusters:
      edge: {kubeconfig: edge.kubeconfig, driver: calico, production: true}
      prod-eu: {production: true}
    roles:
      viewer: {everyone: true}
      operator: {users: [U0ANA], groups: [S0ONCALL], terminal: [TERMINAL_USER]}
      approver: {users: [U0BO, U0DEE]}
      admin: {users: [U0BO, U0EVA]}
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """A cluster that is there from the start."""

    name: str
    driver: str
    nodes: int
    masters: int = 1
    workloads: tuple[str, ...] = ()  # sets of manifests that run in it


CLUSTERS = (
    Planned(name="prod-eu", driver="calico", nodes=9, masters=3, workloads=workloads.POLICIES),
    Planned(name="staging-eu", driver="calico", nodes=4),
    Planned(name="dev-eu", driver="flannel", nodes=3, workloads=workloads.MIGRATION),
)


class World:
    """Everything that the bot talks to."""

    def __init__(
        self,
        *,
        tempo: Tempo | None = None,
        seconds_to_build: float = 5.0,
        clusters: Sequence[Planned] = CLUSTERS,
        event_retries: tuple[float, ...] = (0.0, 60.0, 300.0),
        rate_limits: bool = True,
    ) -> None:
        self.loopback = Loopback()
        self.workspace = shop()
        self.sockets = SocketMode(self.workspace, event_retries=event_retries)
        self.api = WebApi(self.workspace, socket_url=self.sockets.ticket, rate_limits=rate_limits)
        self.infrastructure = Infrastructure()
        self.cloud = Cloud(self, seconds_to_build=seconds_to_build, infrastructure=self.infrastructure)
        self.switches: dict[str, FaultSwitches] = {}
        self.faults = WorldFaults(self)
        self._tempo = tempo or Tempo()
        self.infrastructure.storage.snapshot_seconds = self._tempo.start
        self._planned = clusters
        self._subnets = 0
        self._founded = False  # whether the clusters that are there from the start are
        self.slack_url = self.keystone_url = self.magnum_url = ""
        self._magnum: Served | None = None
        self.edge: SandboxCluster | None = None

    # --- life

    def start(self, *, port: int = 0) -> None:
        """Serve everything. Raises `OSError` if the port is taken."""
        self.loopback.start()
        self.loopback.run(self._start(port), seconds=60)

    def settle(self, seconds: float = 20.0) -> None:
        """Wait until the controllers of every cluster have nothing left to do."""
        for switches in list(self.switches.values()):
            self.loopback.run(switches.cluster.settled(seconds), seconds + 5)

    def stop(self) -> None:
        """Serve nothing any more."""
        self.loopback.stop()

    async def _start(self, port: int) -> None:
        slack = await self.loopback.serve_on_loop(
            create_app(self.workspace, self.api, self.sockets, panel=self.faults), port=port
        )
        self.slack_url = self.workspace.url = slack.url
        self.sockets.url = slack.url.replace("http://", "ws://")
        self.workspace.deliver = self.sockets.deliver
        self.cloud.users = [
            CloudUser(
                id="user-ops",
                name="ops",
                password="sandbox",
                role=MEMBER,
                credential_id="cred-ops",
                credential_secret="sandbox-credential",
            ),
            CloudUser(id="user-other", name="other", password="sandbox", role=MEMBER),
        ]
        self.cloud.inventory.flavors.add("m1.large")
        await self.magnum_listens()
        cinder = await self.loopback.serve_on_loop(cinder_app(self.cloud))
        octavia = await self.loopback.serve_on_loop(octavia_app(self.cloud))
        neutron = await self.loopback.serve_on_loop(neutron_app(self.cloud))
        others = {
            "volumev3": f"{cinder.url}/v3/{self.cloud.project}",
            "block-storage": f"{cinder.url}/v3/{self.cloud.project}",
            "load-balancer": octavia.url,
            "network": neutron.url,
        }
        keystone = keystone_app(self.cloud, magnum_url=self.magnum_url, others=others)
        self.keystone_url = (await self.loopback.serve_on_loop(keystone)).url
        await asyncio.gather(*(self._existing(planned) for planned in self._planned))
        self.edge = await self._edge()
        self._founded = True

    async def magnum_listens(self) -> None:
        """Serve Magnum, on the port it had before if it had one."""
        port = int(self.magnum_url.rpartition(":")[2] or 0) if self.magnum_url else 0
        self._magnum = await self.loopback.serve_on_loop(MagnumApp(self.cloud), port=port)
        self.magnum_url = self._magnum.url

    async def magnum_hangs_up(self) -> None:
        """Serve Magnum no longer: connections to it are refused."""
        if self._magnum is not None:
            await self._magnum.close()
            self._magnum = None

    async def _existing(self, planned: Planned) -> None:
        user = self.cloud.users[0]
        label, pool = POOLS[planned.driver]
        labels = {"kube_tag": KUBERNETES, "container_runtime": "containerd", label: pool}
        if planned.driver == "calico":
            labels["calico_tag"] = "v3.26.4"
        name = f"base-{planned.driver}"
        made = next((t for t in self.cloud.templates.values() if t["name"] == name), None)
        if made is None:
            body = {
                "name": name,
                "image_id": "fedora-coreos-39",
                "flavor_id": "m1.large",
                "master_flavor_id": "m1.large",
                "keypair_id": "ops-key",
                "external_network_id": "public",
                "network_driver": planned.driver,
                "labels": labels,
                "master_lb_enabled": True,
                "volume_driver": "cinder",
                "docker_storage_driver": "overlay2",
            }
            made = template(self.cloud, body, user)
            self.cloud.templates[made["uuid"]] = made
        wanted = {"name": planned.name, "node_count": planned.nodes, "master_count": planned.masters}
        built = cluster(self.cloud, wanted, made, user)
        self.cloud.clusters[built["uuid"]] = built
        await self.cloud.build_now(built)
        if planned.workloads:
            self.switches[planned.name].cluster.deploy(workloads.objects(planned.workloads))

    async def build(self, order: ClusterOrder) -> SandboxCluster:
        """Build a cluster for Magnum."""
        return await self._cluster(
            ClusterSpec(
                uuid=order.uuid,
                name=order.name,
                driver=order.driver,
                labels=order.labels,
                masters=order.masters,
                nodes=order.nodes,
                kubernetes=order.labels.get("kube_tag", KUBERNETES),
                subnet=self._subnet(),
                storage_class=not self._founded,
                broken_nodes=self.cloud.ailments.broken_nodes,
                age=timedelta() if self._founded else timedelta(days=40),
            )
        )

    async def _edge(self) -> SandboxCluster:
        spec = ClusterSpec(uuid="edge", name="edge", driver="calico", nodes=2, subnet=self._subnet())
        made = await self._cluster(spec)
        made.authenticator.add_token(EDGE_TOKEN, "xk8s-reader", ["readers"])
        self.switches[spec.name] = FaultSwitches(made, self.loopback, limited=True)
        return made

    async def _cluster(self, spec: ClusterSpec) -> SandboxCluster:
        made = SandboxCluster(spec, tempo=self._tempo, infrastructure=self.infrastructure)
        await made.start(self.loopback)
        await made.settled()
        self.switches[spec.name] = FaultSwitches(made, self.loopback)
        return made

    def _subnet(self) -> str:
        self._subnets += 1
        return f"10.0.{self._subnets}"

    # --- what the bot is started with

    def write(self, folder: Path) -> dict[str, str]:
        """Write the bot's files into a folder; returns its environment."""
        folder.mkdir(parents=True, exist_ok=True)
        user = self.cloud.users[0]
        (folder / "clouds.yaml").write_text(
            clouds_yaml("xloud-shop", auth_url=f"{self.keystone_url}/v3", user=user, credential=True)
        )
        (folder / "xk8s.yaml").write_text(CONFIGURATION.replace("TERMINAL_USER", getpass.getuser()))
        (folder / "edge.kubeconfig").write_text(self._kubeconfig())
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{self.slack_url}/api/",
            "XK8S_DATA_DIR": str(folder),
            "XK8S_CONFIG": str(folder / "xk8s.yaml"),
            "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
            "XK8S_AUDIT_KEY": AUDIT_KEY,
        }

    def _kubeconfig(self) -> str:

        if self.edge is None:
            raise RuntimeError("the world is not started")
        authority = base64.b64encode(self.edge.authority.pem.encode()).decode()
        return (
            "apiVersion: v1\nkind: Config\ncurrent-context: edge\nclusters:\n- name: edge\n  cluster:\n   "
            f" server: {self.edge.address}\n    certificate-authority-data: {authority}\nusers:\n- name:"
            f" xk8s-reader\n  user:\n    token: {EDGE_TOKEN}\ncontexts:\n- name: edge\n  context: {{cluster:"
            " edge, user: xk8s-reader}\n"
        )
