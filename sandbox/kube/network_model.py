"""The physical state of a cluster: its machines, the daemons on them, and what the network lets through.

What the API shows of nodes, pods and BGP follows from this. Faults change this and nothing else, except for
objects that a person could change as well.
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
    """The server of one node."""

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
class BgpSession:
    """One BGP session as the BIRD of one node reports it."""

    peer: str
    kind: str
    state: str
    since: datetime
    info: str


class NetworkModel:
    """The machines of one cluster and the network between them."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}
        self.image_registry = True  # whether the images of workloads can be pulled
        self._reset_at: dict[str, datetime] = {}  # when a machine's sessions last began anew

    def add(self, machine: Machine) -> None:
        """Let a machine join the cluster."""
        self.machines[machine.name] = machine

    def reset_sessions(self, name: str, now: datetime) -> None:
        """Let the BGP sessions of a machine begin anew, because something about its network changed."""
        self._reset_at[name] = now

    def bgp_sessions(self, name: str) -> list[BgpSession]:
        """Return the node-to-node mesh as one node's BIRD sees it, in the order of the peers' addresses.

        The node with the lexically lower address connects; towards the others it only waits. So a filtered
        port shows as a reason on one side and as Passive on the other.
        """
        machine = self.machines[name]
        peers = sorted((peer for peer in self.machines.values() if peer is not machine), key=_address_order)
        return [self._session(machine, peer) for peer in peers]

    def _session(self, machine: Machine, peer: Machine) -> BgpSession:
        connects = machine.address < peer.address
        obstacle = _obstacle(machine, peer) if connects else _obstacle(peer, machine)
        state, info = "up", ESTABLISHED
        if obstacle:
            state, info = "start", obstacle if connects else "Passive"
        resets = [self._reset_at[name] for name in (machine.name, peer.name) if name in self._reset_at]
        since = max([machine.joined, *(resets or [peer.joined])])
        return BgpSession(peer.address, "node-to-node mesh", state, since, info)

    def bird_ready(self, name: str, *, strict: bool) -> str:
        """Return what `calico-node -bird-ready` complains of; empty if nothing.

        After the first 30 seconds (not `strict`) one established session is enough, and so are no peers.
        """
        if not self.machines[name].bird:
            return (
                "BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 socket: dial unix"
                " /var/run/bird/bird.ctl: connect: no such file or directory"
            )
        sessions = self.bgp_sessions(name)
        down = [session.peer for session in sessions if session.info != ESTABLISHED]
        if not down or (not strict and len(down) < len(sessions)):
            return ""
        return f"BIRD is not ready: BGP not established with {','.join(down)}"

    def felix_ready(self, name: str) -> str:
        """Return what `calico-node -felix-ready` complains of; empty if nothing."""
        if self.machines[name].felix:
            return ""
        return (
            'felix is not ready: Get "http://localhost:9099/readiness": dial tcp 127.0.0.1:9099: connect:'
            " connection refused"
        )


def _obstacle(client: Machine, server: Machine) -> str:
    """Return what BIRD shows of a session that cannot be established; empty if it can."""
    if not server.kubelet:
        return "Active        Socket: No route to host"
    if not server.bgp_port_open:
        return "Active        Socket: Connection timed out"
    if not (server.bird and server.felix and not server.driver_crashes):
        return "Active        Socket: Connection refused"
    if client.as_number != server.as_number:
        return "Idle          BGP Error: Bad peer AS"
    return ""


def _address_order(machine: Machine) -> bytes:
    return ipaddress.ip_address(machine.address).packed
