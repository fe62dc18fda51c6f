"""Resolves the entries of `ports` of a rule to connections: numbers, ranges and names of container ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.policy.reach.connections import Connections
from bot.policy.reach.model import ContainerPort, PortRule

NamedPorts = frozenset[ContainerPort]  # of one pod


def resolve(ports: Sequence[PortRule], named_ports: NamedPorts) -> Connections:
    """Return the connections that entries of `ports` allow to a destination with these named ports.

    A name stands for every container port of that name and protocol, and for nothing where there is none.
    """
    return Connections.union(connections for port in ports for connections in _resolve_one(port, named_ports))


def _resolve_one(port: PortRule, named_ports: NamedPorts) -> Iterator[Connections]:
    if port.port is None:
        yield Connections.of(port.protocol)
    elif isinstance(port.port, int):
        yield Connections.of(port.protocol, port.port, port.end_port or port.port)
    else:
        for container_port in named_ports:
            if container_port.name == port.port and container_port.protocol == port.protocol:
                yield Connections.of(port.protocol, container_port.number, container_port.number)
