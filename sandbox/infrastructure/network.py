"""Neutron's networks, ports and floating IPs, and Octavia's load balancers."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, datetime

ACTIVE, ONLINE, PENDING = "ACTIVE", "ONLINE", "PENDING_CREATE"
NO_MONITOR, DEGRADED, ERROR = "NO_MONITOR", "DEGRADED", "ERROR"
SEVERITY = (ONLINE, DEGRADED, ERROR)  # from best to worst
PUBLIC = "public"


class NetworkError(Exception):
    """Neutron or Octavia refuses; `status` is the HTTP status, `kind` Neutron's name of the error."""

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


@dataclasses.dataclass(kw_only=True)
class Network:
    """A network with one subnet; `cluster` is the uuid of the cluster that Magnum made it for."""

    id: str
    name: str
    subnet: str
    cidr: str
    external: bool = False
    cluster: str = ""


@dataclasses.dataclass(kw_only=True)
class Port:
    """A Neutron port with one address."""

    id: str
    name: str
    network: str
    address: str
    owner: str = ""  # device_owner
    device: str = ""


@dataclasses.dataclass(kw_only=True)
class FloatingIp:
    """A public address; `port` is the id of the port that it is associated with, if any."""

    id: str
    address: str
    description: str = ""
    port: str = ""
    tags: list[str] = dataclasses.field(default_factory=list)
    created: str = ""


@dataclasses.dataclass(kw_only=True)
class Listener:
    """A port of a load balancer, with its pool: members are pairs of address and node port.

    If it is `monitored`, a health monitor asks the members; `answering` are the addresses that answered.
    """

    id: str
    name: str
    protocol: str
    port: int
    pool: str
    members: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    monitored: bool = True
    answering: frozenset[str] = frozenset()

    def member_status(self, address: str) -> str:
        """Return the operating status of a member."""
        if not self.monitored:
            return NO_MONITOR
        return ONLINE if address in self.answering else ERROR

    @property
    def operating(self) -> str:
        """The operating status of the pool: degraded if some members are in error, in error if all are."""
        failed = sum(self.member_status(address) == ERROR for address, _ in self.members)
        if not failed:
            return ONLINE
        return ERROR if failed == len(self.members) else DEGRADED


@dataclasses.dataclass(kw_only=True)
class LoadBalancer:
    """A load balancer of Octavia."""

    id: str
    name: str
    description: str
    vip: Port
    provisioning: str = ACTIVE
    operating: str = ONLINE
    listeners: list[Listener] = dataclasses.field(default_factory=list)
    created: str = ""
    tags: list[str] = dataclasses.field(default_factory=list)

    @property
    def health(self) -> str:
        """The operating status: that of the worst pool."""
        pools = [listener.operating for listener in self.listeners] if self.operating == ONLINE else []
        return max(pools, key=SEVERITY.index) if pools else self.operating


class ProjectNetwork:
    """The networks, addresses and load balancers of one project."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self.ports: dict[str, Port] = {}
        self.floating_ips: dict[str, FloatingIp] = {}
        self.balancers: dict[str, LoadBalancer] = {}
        self._last_public = 10
        self._last_hosts: dict[str, int] = {}
        self.public = self.add_network(PUBLIC, "203.0.113.0/24", external=True)

    def add_network(self, name: str, cidr: str, *, external: bool = False, cluster: str = "") -> Network:
        """Create a network with one subnet of this range."""
        network = Network(id=_id(), name=name, subnet=_id(), cidr=cidr, external=external, cluster=cluster)
        self.networks[network.id] = network
        return network

    def of_cluster(self, cluster: str) -> Network | None:
        """Return the private network that Magnum made for a cluster."""
        return next((network for network in self.networks.values() if network.cluster == cluster), None)

    def add_port(
        self, network: Network, name: str, *, address: str = "", owner: str = "", device: str = ""
    ) -> Port:
        """Create a port with an address, or with the next one of its network."""
        if not address:
            self._last_hosts[network.id] = self._last_hosts.get(network.id, 149) + 1
            address = f"{network.cidr.rpartition('.')[0]}.{self._last_hosts[network.id]}"
        port = Port(id=_id(), name=name, network=network.id, address=address, owner=owner, device=device)
        self.ports[port.id] = port
        return port

    def add_floating_ip(self, description: str) -> FloatingIp:
        """Allocate the next public address, which is not associated with a port yet."""
        self._last_public += 1
        address = f"203.0.113.{self._last_public}"
        floating = FloatingIp(id=_id(), address=address, description=description, created=_now())
        self.floating_ips[floating.id] = floating
        return floating

    def associate(self, floating: FloatingIp, port: str) -> None:
        """Associate a floating IP with a port, or with none. Raises `NetworkError`."""
        if port and port not in self.ports:
            raise NetworkError(404, f"Port {port} could not be found.", "PortNotFound")
        current = self.floating_ip_of(port) if port else None
        if current is not None and current is not floating:
            raise NetworkError(
                409,
                f"Cannot associate floating IP {floating.address} ({floating.id}) with port {port} using"
                f" fixed IP {self.ports[port].address}, as that fixed IP already has a floating IP on"
                f" external network {self.public.id}.",
                "FloatingIPPortAlreadyAssociated",
            )
        floating.port = port

    def floating_ip_of(self, port: str) -> FloatingIp | None:
        """Return the floating IP that is associated with a port."""
        return next((floating for floating in self.floating_ips.values() if floating.port == port), None)

    def add_balancer(
        self, network: Network, name: str, description: str, *, provisioning: str = ACTIVE
    ) -> LoadBalancer:
        """Create a load balancer with its VIP in a network."""
        vip = self.add_port(network, f"octavia-lb-{name}", owner="Octavia")
        balancer = LoadBalancer(
            id=_id(),
            name=name,
            description=description,
            vip=vip,
            provisioning=provisioning,
            operating=ONLINE if provisioning == ACTIVE else "OFFLINE",
            created=_now(),
        )
        vip.device = f"lb-{balancer.id}"
        self.balancers[balancer.id] = balancer
        return balancer

    def delete_balancer(self, balancer: LoadBalancer) -> None:
        """Delete a load balancer with its VIP; a floating IP on it is let go. Raises `NetworkError` while
        the load balancer is being changed.
        """
        if balancer.provisioning.startswith("PENDING"):
            raise NetworkError(409, f"Load Balancer {balancer.id} is immutable and cannot be updated.")
        floating = self.floating_ip_of(balancer.vip.id)
        if floating is not None:
            floating.port = ""
        del self.balancers[balancer.id]
        self.ports.pop(balancer.vip.id, None)


def _id() -> str:
    return str(uuid.uuid4())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
