"""Sets of connections: a set of ports for each protocol, in one canonical form, and their text.

All three protocols lie on one number line, 65,536 numbers apart, so that a set is one sorted tuple of
intervals. Port 0 does not exist, which keeps the intervals of two protocols from touching.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from bot.policy.reach.model import FIRST_PORT, LAST_PORT, ContainerPort, PortRule, Protocol

_SPAN = 65536
_BASE = {protocol: index * _SPAN for index, protocol in enumerate(Protocol)}
_PROTOCOLS = tuple(Protocol)

NamedPorts = frozenset[ContainerPort]  # of one pod
Interval = tuple[int, int]  # first and last number, both inclusive


@dataclasses.dataclass(frozen=True, slots=True)
class Connections:
    """A set of (protocol, port). Equal sets are equal values, and an empty set is false."""

    intervals: tuple[Interval, ...] = ()

    @staticmethod
    def of(protocol: Protocol, first: int = FIRST_PORT, last: int = LAST_PORT) -> Connections:
        """Return ports `first` to `last` of a protocol, by default all; none if `first` is after `last`."""
        first, last = max(first, FIRST_PORT), min(last, LAST_PORT)
        return Connections(((_BASE[protocol] + first, _BASE[protocol] + last),)) if first <= last else NOTHING

    @staticmethod
    def union(sets: Iterable[Connections]) -> Connections:
        """Return what is in any of the sets."""
        return Connections(_merge(interval for connections in sets for interval in connections.intervals))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __or__(self, other: Connections) -> Connections:
        if self.intervals == other.intervals or not other.intervals:
            return self
        return other if not self.intervals else Connections.union((self, other))

    def __and__(self, other: Connections) -> Connections:
        common = []
        left, right = self.intervals, other.intervals
        i = j = 0
        while i < len(left) and j < len(right):
            first, last = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
            if first <= last:
                common.append((first, last))
            if left[i][1] < right[j][1]:
                i += 1
            else:
                j += 1
        return Connections(tuple(common))

    def __sub__(self, other: Connections) -> Connections:
        return self & other.complement() if other.intervals else self

    def complement(self) -> Connections:
        """Return every connection that is not in the set."""
        gaps = []
        for start in _BASE.values():
            at = start + FIRST_PORT
            for first, last in self.intervals:
                if start < first <= start + LAST_PORT:
                    if at < first:
                        gaps.append((at, first - 1))
                    at = last + 1
            if at <= start + LAST_PORT:
                gaps.append((at, start + LAST_PORT))
        return Connections(tuple(gaps))

    def contains(self, protocol: Protocol, port: int) -> bool:
        """Whether this port of this protocol is in the set."""
        at = _BASE[protocol] + port
        return any(first <= at <= last for first, last in self.intervals)

    def ports(self, protocol: Protocol) -> tuple[Interval, ...]:
        """Return the port ranges of a protocol, sorted; no two of them overlap or touch."""
        start = _BASE[protocol]
        return tuple(
            (first - start, last - start)
            for first, last in self.intervals
            if first // _SPAN == start // _SPAN
        )

    def __str__(self) -> str:
        """Write the set as `TCP 80,8080-8090,UDP 53`; a protocol without numbers means all its ports."""
        if self == ALL:
            return "All Connections"
        if not self:
            return "No Connections"
        return ",".join(part for protocol in _PROTOCOLS if (part := self._format(protocol)))

    def _format(self, protocol: Protocol) -> str:
        ranges = self.ports(protocol)
        if ranges == ((FIRST_PORT, LAST_PORT),):
            return str(protocol)
        ports = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
        return f"{protocol} {ports}" if ports else ""


def _merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


NOTHING = Connections()
ALL = Connections(tuple((start + FIRST_PORT, start + LAST_PORT) for start in _BASE.values()))


def resolve_ports(ports: Sequence[PortRule], named_ports: NamedPorts) -> Connections:
    """Return the connections that entries of `ports` allow to a destination with these named ports.

    A name stands for every container port of that name and protocol, and for nothing where there is none.
    """
    return Connections.union(allowed for port in ports for allowed in _resolve_port(port, named_ports))


def _resolve_port(port: PortRule, named_ports: NamedPorts) -> Iterator[Connections]:
    if port.port is None:
        yield Connections.of(port.protocol)
    elif isinstance(port.port, int):
        yield Connections.of(port.protocol, port.port, port.end_port or port.port)
    else:
        for container_port in named_ports:
            if container_port.name == port.port and container_port.protocol == port.protocol:
                yield Connections.of(port.protocol, container_port.number, container_port.number)
