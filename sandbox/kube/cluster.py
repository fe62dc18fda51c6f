"""One cluster: its machines, its API server on a port, its controllers, and what Magnum installed in it."""

from __future__ import annotations

import dataclasses
import hashlib
import ssl
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from sandbox.infrastructure import Infrastructure
from sandbox.kube import manifests
from sandbox.kube.api import defaults
from sandbox.kube.api.authentication import Authenticator
from sandbox.kube.api.kinds import KindRegistry
from sandbox.kube.api.server import ApiServer
from sandbox.kube.api.store import Store
from sandbox.kube.container_files import FileSystems
from sandbox.kube.controllers.autoscaler import HorizontalPodAutoscalerController
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.cron_jobs import CronJobController
from sandbox.kube.controllers.custom_resources import CustomResourceController
from sandbox.kube.controllers.daemon_sets import DaemonSetController
from sandbox.kube.controllers.deployments import DeploymentController
from sandbox.kube.controllers.disruption import DisruptionController
from sandbox.kube.controllers.endpoints import EndpointsController
from sandbox.kube.controllers.garbage_collector import GarbageCollector
from sandbox.kube.controllers.jobs import JobController
from sandbox.kube.controllers.kubelet import Kubelets, Timings
from sandbox.kube.controllers.load_balancers import LoadBalancerController
from sandbox.kube.controllers.manager import ControllerManager
from sandbox.kube.controllers.namespaces import NamespaceController
from sandbox.kube.controllers.node_lifecycle import NodeLifecycleController
from sandbox.kube.controllers.persistent_volumes import PersistentVolumeController
from sandbox.kube.controllers.pods import PodControl
from sandbox.kube.controllers.replica_sets import ReplicaSetController
from sandbox.kube.controllers.resource_quotas import ResourceQuotaController
from sandbox.kube.controllers.scheduler import Scheduler
from sandbox.kube.controllers.service_account_tokens import ServiceAccountTokenController
from sandbox.kube.controllers.stateful_sets import StatefulSetController
from sandbox.kube.controllers.volume_attachments import AttachDetachController
from sandbox.kube.network_model import Machine, NetworkModel
from sandbox.kube.nodes import node_object
from sandbox.kube.objects import Object, clone
from sandbox.kube.pki import CertificateAuthority
from sandbox.kube.programs import Programs
from sandbox.loopback import Loopback, Server

HOST = "127.0.0.1"
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
POD_RANGE_LABELS = {"calico": "calico_ipv4pool", "flannel": "flannel_network_cidr"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """What a cluster is made of."""

    uuid: str
    name: str
    driver: str
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    kubernetes: str = "v1.29.5"
    masters: int = 1
    nodes: int = 2
    subnet: str = "10.0.0"  # the first three numbers of the node network
    age: timedelta = timedelta(days=40)
    storage_class: bool = True  # an administrator has made the default class
    broken_nodes: bool = False  # the driver crashes on every node


class SandboxCluster:
    """A cluster that runs on the loop of a `Loopback`; its methods are called on that loop."""

    def __init__(
        self,
        spec: ClusterSpec,
        *,
        timings: Timings | None = None,
        clock: Callable[[], datetime] | None = None,
        infrastructure: Infrastructure | None = None,
    ) -> None:
        self.spec = spec
        self.infrastructure = infrastructure or Infrastructure()
        self.authority = CertificateAuthority(spec.name)
        self.network = NetworkModel()
        self._clock = clock or (lambda: datetime.now(UTC))
        self.store = Store(KindRegistry(), self._clock)
        files = FileSystems(self.store, self.infrastructure.storage)
        self._programs = Programs(self.network, self._clock, files.of)
        self.authenticator = Authenticator(self.authority.pem)
        self.api = ApiServer(
            self.store,
            authenticator=self.authenticator,
            version=spec.kubernetes,
            exec_handler=self._programs,
            servers=self._programs,
        )
        self._manager = ControllerManager(self.store, self._controllers(timings or Timings()), self._clock)
        self._server: Server | None = None
        self.port = 0

    def _controllers(self, timings: Timings) -> list[Controller]:
        """Return the controllers in the order in which a round runs them."""
        store, clock, uuid = self.store, self._clock, self.spec.uuid
        storage, network = self.infrastructure.storage, self.infrastructure.network
        pods = PodControl(store, self.api.writer)
        private = network.add_network(f"{self.spec.name}-net", f"{self.spec.subnet}.0/24", cluster=uuid)
        return [
            DaemonSetController(store, pods),
            DeploymentController(store, pods),
            ReplicaSetController(store, pods),
            StatefulSetController(store, pods),
            CronJobController(store, clock=clock),
            JobController(store, pods),
            PersistentVolumeController(store, storage, cluster=uuid, clock=clock),
            AttachDetachController(store, self.network, storage, clock=clock, pause=timings.attach),
            LoadBalancerController(store, network, private, cluster=uuid, clock=clock, seconds=timings.start),
            DisruptionController(store),
            HorizontalPodAutoscalerController(store),
            ResourceQuotaController(store),
            ServiceAccountTokenController(store, self.authenticator, self.authority.pem),
            EndpointsController(store),
            GarbageCollector(store),
            CustomResourceController(store),
            NamespaceController(store, self.authority.pem),
            Scheduler(store),
            NodeLifecycleController(store, self.network),
            Kubelets(store, self.network, self._programs, clock=clock, timings=timings),
        ]

    @property
    def address(self) -> str:
        """The URL of its API."""
        return f"https://{HOST}:{self.port}"

    @property
    def authority_pem(self) -> str:
        """The certificate of its CA."""
        return self.authority.pem

    async def start(self, loopback: Loopback) -> str:
        """Install the cluster, start its controllers and serve its API; return the address."""
        self._install()
        self._manager.start()
        await self.listen(loopback)
        return self.address

    async def listen(self, loopback: Loopback) -> None:
        """Serve the API, on the port it had before if it had one."""
        self._server = await loopback.serve_on_loop(self.api, port=self.port, tls=self._tls())
        self.port = self._server.port

    async def hang_up(self) -> None:
        """Stop serving the API: connections are refused."""
        if self._server is not None:
            await self._server.close()
            self._server = None

    async def stop(self) -> None:
        """Stop the API and the controllers."""
        await self.hang_up()
        self._manager.stop()

    def resync(self) -> None:
        """Let every controller make a pass, because the network model changed."""
        self._manager.resync()

    async def settled(self, seconds: float = 10.0) -> None:
        """Wait until no controller has anything left to do. Raises `TimeoutError`."""
        await self._manager.settled(seconds)

    def sign(self, csr_pem: str) -> str:
        """Sign a CSR, as Magnum does with the cluster's CA. Raises `ValueError`."""
        return self.authority.sign(csr_pem)

    def node_health(self) -> dict[str, str]:
        """Return Magnum's `health_status_reason`: the condition Ready of each node, and the API."""
        health = {}
        for node in self.store.all_of(self.store.registry.named("Node")):
            conditions = node["status"]["conditions"]
            ready = next((c["status"] for c in conditions if c["type"] == "Ready"), "Unknown")
            health[f"{node['metadata']['name']}.Ready"] = ready
        return {**health, "api": "ok" if self._server is not None else "unreachable"}

    def servers(self) -> list[str]:
        """Return the ids of its servers in Nova."""
        return [machine.server for machine in self.network.machines.values()]

    def deploy(self, objects: list[Object]) -> None:
        """Create objects, as `kubectl create` does. Raises `KeyError` for a kind that is not served."""
        for obj in objects:
            kind = self.store.registry.of(obj["apiVersion"], obj["kind"])
            if kind is None:
                raise KeyError(f"{obj['apiVersion']} {obj['kind']}")
            created = clone(obj)
            if kind.namespaced:
                created["metadata"].setdefault("namespace", "default")
            self.api.writer.create(kind, created, manager="kubectl-create")

    def _tls(self) -> ssl.SSLContext:
        certificate, key = self.authority.server(HOST)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"{certificate}\n{key}")
            file.flush()
            context.load_cert_chain(file.name)
        context.load_verify_locations(cadata=self.authority.pem)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _install(self) -> None:
        spec, namespaces = self.spec, self.store.registry.named("Namespace")
        for name in NAMESPACES:
            namespace: Object = {"metadata": {"name": name}}
            defaults.fill(namespaces, namespace)
            self.store.create(namespaces, namespace)
        digest = hashlib.sha256(spec.uuid.encode()).hexdigest()[:12]
        for number in range(spec.masters):
            self._join(f"{spec.name}-{digest}-master-{number}", number, master=True)
        for number in range(spec.nodes):
            self._join(f"{spec.name}-{digest}-node-{number}", spec.masters + number, master=False)
        self.deploy(manifests.network_driver(spec.driver, spec.labels))
        self.deploy(manifests.common(api_address=f"{spec.subnet}.11"))
        if spec.storage_class:
            self.deploy(manifests.storage_class())

    def _join(self, name: str, number: int, *, master: bool) -> None:
        spec = self.spec
        pods = spec.labels.get(POD_RANGE_LABELS[spec.driver], "10.100.0.0/16")
        machine = Machine(
            name=name,
            address=f"{spec.subnet}.{number + 11}",
            pod_range=f"{'.'.join(pods.split('.')[:2])}.{number}.0/24",
            master=master,
            joined=self._clock() - spec.age,
        )
        if spec.broken_nodes:
            machine.driver_crashes, machine.cni_configured = "Error", False
        self.network.add(machine)
        node = node_object(
            machine, driver=spec.driver, kubernetes=spec.kubernetes, now=self.store.now(), number=number
        )
        self.store.create(self.store.registry.named("Node"), node)
