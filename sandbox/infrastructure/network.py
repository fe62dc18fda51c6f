"""Octavia's load balancers, and Neutron's addresses, ports and networks."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, datetime

ACTIVE, ONLINE, PENDING = "ACTIVE", "ONLINE", "PENDING_CREATE"
NO_MONITOR, DEGRADED, ERROR = "NO_MONITOR", "DEGRADED", "ERROR"
WORST = (ONLINE, DEGRADED, ERROR)  # from best to worst
PUBLIC = "public"


class NetworkRefused(Exception):
    """What Neutron or Octavia refuses; `status` is the HTTP status, `kind` Neutron's name of the error."""

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


@dataclasses.dataclass(kw_only=True)
class Net:
    """A network with one subnet; `cluster` is the cluster that Magnum made it for."""

    id: str
    name: str
    subnet: str
    cidr: str
    external: bool = False
    cluster: str = ""


@dataclasses.dataclass(kw_only=True)
class Port:
    """A port with one address."""

    id: str
    name: str
    network: str
    address: str
    owner: str = ""  # device_owner
    device: str = ""


@dataclasses.dataclass(kw_only=True)
class FloatingIp:
    """A public address; `port` is where it leads, if anywhere."""

    id: str
    address: str
    description: str = ""
    port: str = ""
    tags: list[str] = dataclasses.field(default_factory=list)
    created: str = ""


@dataclasses.dataclass(kw_only=True)
class Listener:
    """A port of a load balancer, with its pool: members are (address, node port).

    `watched`: a health monitor asks them; `answering` are the addresses that answered it.
    """

    id: str
    name: str
    protocol: str
    port: int
    pool: str
    members: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    watched: bool = True
    answering: frozenset[str] = frozenset()

    def member(self, address: str) -> str:
        """The operating status of a member."""
        if not self.watched:
            return NO_MONITOR
        return ONLINE if address in self.answering else ERROR

    @property
    def operating(self) -> str:
        """The operating status of its pool: all members, some, or none are in error."""
        wrong = sum(self.member(address) == ERROR for address, _ in self.members)
        if not wrong:
            return ONLINE
        return ERROR if wrong == len(self.members) else DEGRADED


@dataclasses.dataclass(kw_only=True)
class Balancer:
    """A load balancer."""

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
        """Its operating status: that of the worst of its pools."""
        pools = [each.operating for each in self.listeners] if self.operating == ONLINE else []
        return max(pools, key=WORST.index) if pools else self.operating


class Network:
    """The network of one project."""

    def __init__(self) -> None:
        self.nets: dict[str, Net] = {}
        self.ports: dict[str, Port] = {}
        self.floating: dict[str, FloatingIp] = {}
        self.balancers: dict[str, Balancer] = {}
        self._public = 10
        self._hosts: dict[str, int] = {}
        self.public = self.add_net(PUBLIC, "203.0.113.0/24", external=True)

    def add_net(self, name: str, cidr: str, *, external: bool = False, cluster: str = "") -> Net:
        """A network."""
        made = Net(id=_id(), name=name, subnet=_id(), cidr=cidr, external=external, cluster=cluster)
        self.nets[made.id] = made
        return made

    def of_cluster(self, cluster: str) -> Net | None:
        """The private network that Magnum made for a cluster."""
        return next((net for net in self.nets.values() if net.cluster == cluster), None)

    def add_port(self, net: Net, name: str, *, address: str = "", owner: str = "", device: str = "") -> Port:
        """A port with the next address of its network, or the one given."""
        if not address:
            self._hosts[net.id] = self._hosts.get(net.id, 149) + 1
            address = f"{net.cidr.rpartition('.')[0]}.{self._hosts[net.id]}"
        made = Port(id=_id(), name=name, network=net.id, address=address, owner=owner, device=device)
        self.ports[made.id] = made
        return made

    def add_floating(self, description: str) -> FloatingIp:
        """The next public address, leading nowhere."""
        self._public += 1
        made = FloatingIp(
            id=_id(), address=f"203.0.113.{self._public}", description=description, created=_now()
        )
        self.floating[made.id] = made
        return made

    def associate(self, floating: FloatingIp, port: str) -> None:
        """Let an address lead to a port, or nowhere. Raises `NetworkRefused`."""
        if port and port not in self.ports:
            raise NetworkRefused(404, f"Port {port} could not be found.", "PortNotFound")
        other = self.on(port) if port else None
        if other is not None and other is not floating:
            raise NetworkRefused(
                409,
                f"Cannot associate floating IP {floating.address} ({floating.id}) with port {port} using"
                f" fixed IP {self.ports[port].address}, as that fixed IP already has a floating IP on"
                f" external network {self.public.id}.",
                "FloatingIPPortAlreadyAssociated",
            )
        floating.port = port

    def on(self, port: str) -> FloatingIp | None:
        """The address that leads to a port."""
        return next((each for each in self.floating.values() if each.port == port), None)

    def add_balancer(self, net: Net, name: str, description: str, *, provisioning: str = ACTIVE) -> Balancer:
        """A load balancer with its VIP in a network."""
        vip = self.add_port(net, f"octavia-lb-{name}", owner="Octavia")
        made = Balancer(
            id=_id(), name=name, description=description, vip=vip, provisioning=provisioning, created=_now()
        )
        vip.device = f"lb-{made.id}"
        made.operating = ONLINE if provisioning == ACTIVE else "OFFLINE"
        self.balancers[made.id] = made
        return made

    def delete_balancer(self, balancer: Balancer) -> None:
        """Remove a load balancer with all that is its; an address on it leads nowhere. Raises
        `NetworkRefused`.
        """
        if balancer.provisioning.startswith("PENDING"):
            why = f"Load Balancer {balancer.id} is immutable and cannot be updated."
            raise NetworkRefused(409, why)
        found = self.on(balancer.vip.id)
        if found is not None:
            found.port = ""
        del self.balancers[balancer.id]
        self.ports.pop(balancer.vip.id, None)


def _id() -> str:
    return str(uuid.uuid4())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
