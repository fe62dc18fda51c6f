"""What a listing, a difference and an exposure must say, worked out pair by pair from the slow
implementation.

Connections are sets of (protocol, port) on the probe ports, and outside is asked at the probe addresses, so
that nothing here depends on how the engine keeps sets or cuts ranges.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections import defaultdict
from typing import Any

from bot.policy.reach.connections import Connections
from bot.policy.reach.model import ClusterModel, Pod, Protocol
from tests.unit.policy.reach import oracle
from tests.unit.policy.reach.states import Manifests

Set = frozenset[tuple[Protocol, int]]
Opened = dict[tuple[oracle.End, oracle.End], Set]


@dataclasses.dataclass(frozen=True)
class Named:
    """An end by a hashable name: a pod's, or an address."""

    text: str
    end: Any = dataclasses.field(compare=False)


def running(cluster: ClusterModel) -> list[Pod]:
    return [pod for pod in cluster.pods if not pod.finished]


def opened(
    cluster: ClusterModel, manifests: Manifests, addresses: list[Any], ports: list[int]
) -> dict[tuple[str, str], Set]:
    """For each pair of different ends (by text; a pod by `ns/name`) what may be opened."""
    ends = [Named(str(pod.ref), pod) for pod in running(cluster)] + [
        Named(str(address), address) for address in addresses
    ]
    pairs = {}
    for source in ends:
        for destination in ends:
            if source == destination or not (isinstance(source.end, Pod) or isinstance(destination.end, Pod)):
                continue
            pairs[source.text, destination.text] = frozenset(
                (protocol, port)
                for protocol in Protocol
                for port in ports
                if oracle.allowed(cluster, manifests, source.end, destination.end, protocol, port)
            )
    return pairs


def by_workload(cluster: ClusterModel, pairs: dict[tuple[str, str], Set]) -> dict[tuple[str, str], Set]:
    """The union over pairs of pods; only what is not empty."""
    owners = {str(pod.ref): str(pod.owner) for pod in cluster.pods}
    unions: dict[tuple[str, str], Set] = defaultdict(frozenset)
    for (source, destination), connections in pairs.items():
        if connections:
            unions[owners.get(source, source), owners.get(destination, destination)] |= connections
    return dict(unions)


def on_ports(connections: Connections, ports: list[int]) -> Set:
    return frozenset(
        (protocol, port) for protocol in Protocol for port in ports if connections.contains(protocol, port)
    )


def inside(text: str, address: str) -> bool:
    """Whether an address lies in a range `A-B`; False for a workload."""
    try:
        first, last = (ipaddress.ip_address(end) for end in text.split("-"))
    except ValueError:
        return False
    asked_address = ipaddress.ip_address(address)
    return first.version == asked_address.version and int(first) <= int(asked_address) <= int(last)


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
