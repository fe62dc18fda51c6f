"""What is physically so in a cluster: machines, daemons on them, and what the network lets through.

Everything that the API shows of nodes, pods and BGP follows from this; faults change this and nothing else
(but for objects that a person could change as well).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import uuid
from datetime import datetime

AS_NUMBER = 64_512  # Calico's default
ESTABLISHED = "Established"


@dataclasses.dataclass
class Machine:
    """One node's machine."""

    name: str
    address: str
    pod_range: str
    master: bool
    joined: datetime
    kubelet: bool = True
    cni_configured: bool = True  # /etc/cni/net.d has the driver's file
    image_pulls: bool = True
    driver_crashes: str = ""  # why the driver's daemon ends again and again: "Error" or "OOMKilled"
    bird: bool = True
    felix: bool = True
    bgp_port_open: bool = True  # the security group lets TCP 179 in
    as_number: int = AS_NUMBER

    @property
    def server(self) -> str:
        """The id of its server in Nova."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, self.name))


@dataclasses.dataclass(frozen=True)
class Peering:
    """One BGP session as one node sees it."""

    peer: str
    kind: str
    state: str
    since: datetime
    info: str


class Fabric:
    """The machines of one cluster and what is between them."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}
        self.registry = True  # whether images of what people run can be pulled
        self.changed_at: dict[str, datetime] = {}  # when a machine's network last changed

    def add(self, machine: Machine) -> None:
        """A machine joins."""
        self.machines[machine.name] = machine

    def touch(self, name: str, now: datetime) -> None:
        """Note that something about a machine's network changed: sessions begin anew."""
        self.changed_at[name] = now

    def peerings(self, name: str) -> list[Peering]:
        """The mesh as one node's BIRD sees it.

        The node with the lexically lower address connects; towards the others it only waits, so that a
        filtered port shows as a reason on one side and as Passive on the other.
        """
        me = self.machines[name]
        found = []
        others = sorted((other for other in self.machines.values() if other is not me), key=_order)
        for other in others:
            state, info = self._session(me, other)
            since = max(
                (at for at in (self.changed_at.get(me.name), self.changed_at.get(other.name)) if at),
                default=other.joined,
            )
            found.append(Peering(other.address, "node-to-node mesh", state, max(since, me.joined), info))
        return found

    def _session(self, me: Machine, other: Machine) -> tuple[str, str]:
        connects = me.address < other.address
        down = self._why_down(me, other) if connects else self._why_down(other, me)
        if not down:
            return "up", ESTABLISHED
        return ("start", down) if connects else ("start", "Passive")

    def _why_down(self, client: Machine, server: Machine) -> str:
        if not server.kubelet:
            return "Active        Socket: No route to host"
        if not server.bgp_port_open:
            return "Active        Socket: Connection timed out"
        if not (server.bird and server.felix and not server.driver_crashes):
            return "Active        Socket: Connection refused"
        if client.as_number != server.as_number:
            return "Idle          BGP Error: Bad peer AS"
        return ""

    def bird_ready(self, name: str, *, strict: bool) -> str:
        """What `calico-node -bird-ready` complains of; empty if nothing.

        After the first 30 seconds one established session is enough, and so are no peers at all.
        """
        me = self.machines[name]
        if not me.bird:
            return (
                "BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 socket: dial unix"
                " /var/run/bird/bird.ctl: connect: no such file or directory"
            )
        peers = self.peerings(name)
        down = [peer.peer for peer in peers if peer.info != ESTABLISHED]
        if not down or (not strict and len(down) < len(peers)):
            return ""
        return f"BIRD is not ready: BGP not established with {','.join(down)}"

    def felix_ready(self, name: str) -> str:
        """What `calico-node -felix-ready` complains of; empty if nothing."""
        if self.machines[name].felix:
            return ""
        return (
            'felix is not ready: Get "http://localhost:9099/readiness": dial tcp 127.0.0.1:9099: connect:'
            " connection refused"
        )


def _order(machine: Machine) -> tuple[int, ...]:
    return tuple(ipaddress.ip_address(machine.address).packed)
