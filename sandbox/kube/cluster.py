"""One cluster: its machines, its API server on a port, its controllers, and what Magnum installed in it."""

from __future__ import annotations

import dataclasses
import hashlib
import ssl
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.infrastructure import Infrastructure
from sandbox.infrastructure.volumes import ZONE
from sandbox.kube import manifests
from sandbox.kube.api import defaults
from sandbox.kube.api.access import Authenticator
from sandbox.kube.api.app import ApiServer
from sandbox.kube.api.clone import clone
from sandbox.kube.api.kinds import Kind, KindRegistry
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.attachments import Attachments
from sandbox.kube.controllers.balancers import Balancers
from sandbox.kube.controllers.budgets import Budgets, Quotas, Scalers
from sandbox.kube.controllers.definitions import Definitions
from sandbox.kube.controllers.endpoints import Endpoints
from sandbox.kube.controllers.garbage import Garbage
from sandbox.kube.controllers.jobs import Jobs
from sandbox.kube.controllers.kubelet import Kubelets, Tempo
from sandbox.kube.controllers.loop import ControlLoop
from sandbox.kube.controllers.namespaces import Namespaces
from sandbox.kube.controllers.scheduler import Scheduler
from sandbox.kube.controllers.stateful import StatefulSets
from sandbox.kube.controllers.tokens import Tokens
from sandbox.kube.controllers.volumes import Volumes
from sandbox.kube.controllers.workloads import Workloads
from sandbox.kube.fabric import Fabric, Machine
from sandbox.kube.files import ContainerFiles
from sandbox.kube.pki import CertificateAuthority
from sandbox.kube.programs import Programs
from sandbox.loopback import Loopback, Served

Object = dict[str, Any]
HOST = "127.0.0.1"
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


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
    storage_class: bool = True  # somebody made one
    broken_nodes: bool = False  # the driver crashes on every node


class SandboxCluster:
    """A cluster that runs on the loop of a `Loopback`; its methods are called on that loop."""

    def __init__(
        self,
        spec: ClusterSpec,
        *,
        tempo: Tempo | None = None,
        clock: Callable[[], datetime] | None = None,
        infrastructure: Infrastructure | None = None,
    ) -> None:
        self.spec = spec
        tempo = tempo or Tempo()
        self.infrastructure = infrastructure or Infrastructure()
        network = self.infrastructure.network
        net = network.add_net(f"{spec.name}-net", f"{spec.subnet}.0/24", cluster=spec.uuid)
        self._clock = clock or (lambda: datetime.now(UTC))
        self.authority = CertificateAuthority(spec.name)
        self.fabric = Fabric()
        self.store = Store(KindRegistry(), self._clock)
        layers: dict[str, dict[str, str]] = {}  # what was written in containers themselves
        storage = self.infrastructure.storage
        self._programs = Programs(
            self.fabric, self._clock, lambda pod, name: ContainerFiles(self.store, storage, layers, pod, name)
        )
        self.authenticator = Authenticator(self.authority.pem)
        self.api = ApiServer(
            self.store,
            authenticator=self.authenticator,
            version=spec.kubernetes,
            run=self._programs,
            servers=self._programs,
        )
        self._kubelets = Kubelets(self.store, self.fabric, self._programs, clock=self._clock, tempo=tempo)
        writer = self.api.writer
        self._jobs = Jobs(self.store, writer, clock=self._clock)
        self._controllers = (
            Workloads(self.store, writer),
            StatefulSets(self.store, writer),
            self._jobs,
            Volumes(self.store, storage, cluster=spec.uuid, clock=self._clock),
            Attachments(self.store, self.fabric, storage, clock=self._clock, pause=tempo.attach),
            Balancers(self.store, network, net, cluster=spec.uuid, clock=self._clock, seconds=tempo.start),
            Budgets(self.store),
            Scalers(self.store),
            Quotas(self.store),
            Tokens(self.store, self.authenticator, self.authority.pem),
            Endpoints(self.store),
            Garbage(self.store),
            Definitions(self.store),
            Namespaces(self.store, self.authority.pem),
            Scheduler(self.store),
            self._kubelets,
        )
        self._loop = ControlLoop(self.store, self._controllers, self._clock)
        self._served: Served | None = None
        self.port = 0

    @property
    def address(self) -> str:
        """Where its API is."""
        return f"https://{HOST}:{self.port}"

    @property
    def authority_pem(self) -> str:
        """Its CA's certificate."""
        return self.authority.pem

    async def start(self, loopback: Loopback) -> str:
        """Bring it up and serve its API; returns the address."""
        self._install()
        self._loop.start()
        await self.listen(loopback)
        return self.address

    async def listen(self, loopback: Loopback) -> None:
        """Serve the API, on the port it had before if it had one."""
        self._served = await loopback.serve_on_loop(self.api, port=self.port, tls=self._tls())
        self.port = self._served.port

    async def hang_up(self) -> None:
        """Serve the API no longer: connections are refused."""
        if self._served is not None:
            await self._served.close()
            self._served = None

    async def stop(self) -> None:
        """End it."""
        await self.hang_up()
        self._loop.stop()

    def touch(self) -> None:
        """The fabric changed: let the controllers look."""
        self._loop.touch()

    async def settled(self, seconds: float = 10.0) -> None:
        """Wait until the controllers have nothing left to do."""
        await self._loop.settled(seconds)

    def sign(self, csr_pem: str) -> str:
        """Sign a CSR, as Magnum does with the cluster's CA. Raises `ValueError`."""
        return self.authority.sign(csr_pem)

    def node_health(self) -> dict[str, str]:
        """What Magnum's `health_status_reason` says."""
        nodes = self.store.all_of(self.store.registry.named("Node"))
        found = {}
        for node in nodes:
            ready = next(
                (c["status"] for c in node["status"]["conditions"] if c["type"] == "Ready"), "Unknown"
            )
            found[f"{node['metadata']['name']}.Ready"] = ready
        return {**found, "api": "ok" if self._served is not None else "unreachable"}

    def servers(self) -> list[str]:
        """The ids of its servers."""
        return [machine.server for machine in self.fabric.machines.values()]

    def deploy(self, objects: list[Object]) -> None:
        """Create objects, as `kubectl create` would."""
        for obj in objects:
            kind = self._kind(obj)
            made = clone(obj)
            if kind.namespaced:
                made["metadata"].setdefault("namespace", "default")
            self.api.writer.create(kind, made, manager="kubectl-create")

    def _kind(self, obj: Object) -> Kind:
        found = self.store.registry.of(obj["apiVersion"], obj["kind"])
        if found is None:
            raise KeyError(f"{obj['apiVersion']} {obj['kind']}")
        return found

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
        namespaces = self.store.registry.named("Namespace")
        for name in NAMESPACES:
            made: Object = {"metadata": {"name": name}}
            defaults.fill(namespaces, made)
            self.store.create(namespaces, made)
        digest = hashlib.sha256(self.spec.uuid.encode()).hexdigest()[:12]
        for number in range(self.spec.masters):
            self._join(f"{self.spec.name}-{digest}-master-{number}", number, master=True)
        for number in range(self.spec.nodes):
            self._join(f"{self.spec.name}-{digest}-node-{number}", self.spec.masters + number, master=False)
        install = manifests.calico if self.spec.driver == "calico" else manifests.flannel
        self.deploy(install(dict(self.spec.labels)))
        self.deploy(manifests.common(api_address=f"{self.spec.subnet}.11"))
        if self.spec.storage_class:
            self.deploy([manifests.storage_class()])

    def _join(self, name: str, number: int, *, master: bool) -> None:
        pods = self.spec.labels.get(
            "calico_ipv4pool" if self.spec.driver == "calico" else "flannel_network_cidr", "10.100.0.0/16"
        )
        machine = Machine(
            name=name,
            address=f"{self.spec.subnet}.{number + 11}",
            pod_range=f"{'.'.join(pods.split('.')[:2])}.{number}.0/24",
            master=master,
            joined=self._clock() - self.spec.age,
        )
        if self.spec.broken_nodes:
            machine.driver_crashes, machine.cni_configured = "Error", False
        self.fabric.add(machine)
        self.store.create(
            self.store.registry.named("Node"), _node(self.spec, machine, self.store.now(), number)
        )


def _node(spec: ClusterSpec, machine: Machine, now: str, number: int) -> Object:
    role = "master" if machine.master else "worker"
    labels = {
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "magnum.openstack.org/role": role,
        "magnum.openstack.org/nodegroup": f"default-{role}",
        f"node-role.kubernetes.io/{'control-plane' if machine.master else 'worker'}": "",
        "topology.kubernetes.io/zone": ZONE,
        "topology.cinder.csi.openstack.org/zone": ZONE,
    }
    calico = spec.driver == "calico"
    annotations = (
        {"projectcalico.org/IPv4Address": f"{machine.address}/24"}
        if calico
        else {
            "flannel.alpha.coreos.com/kube-subnet-manager": "true",
            "flannel.alpha.coreos.com/backend-type": "vxlan",
            "flannel.alpha.coreos.com/backend-data": (
                f'{{"VNI":1,"VtepMAC":"8e:5a:00:00:{number // 256:02x}:{number % 256:02x}"}}'
            ),
            "flannel.alpha.coreos.com/public-ip": machine.address,
        }
    )
    taints = (
        [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}] if machine.master else []
    )
    reason, message = (
        ("CalicoIsUp", "Calico is running on this node")
        if calico
        else ("FlannelIsUp", "Flannel is running on this node")
    )
    network = {
        "type": "NetworkUnavailable",
        "status": "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": now,
    }
    resources = {"cpu": "4", "memory": "8148236Ki", "pods": "110", "ephemeral-storage": "39Gi"}
    return {
        "metadata": {"name": machine.name, "labels": labels, "annotations": annotations},
        "spec": {
            "podCIDR": machine.pod_range,
            "podCIDRs": [machine.pod_range],
            "taints": taints,
            "providerID": f"openstack:///{machine.server}",
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": machine.address},
                {"type": "Hostname", "address": machine.name},
            ],
            "capacity": resources,
            "allocatable": resources,
            "conditions": [network],
            "nodeInfo": {
                "kubeletVersion": spec.kubernetes,
                "kubeProxyVersion": spec.kubernetes,
                "operatingSystem": "linux",
                "architecture": "amd64",
                "osImage": "Fedora CoreOS 39",
                "kernelVersion": "6.7.7-200.fc39.x86_64",
                "containerRuntimeVersion": "containerd://1.6.31",
            },
        },
    }
