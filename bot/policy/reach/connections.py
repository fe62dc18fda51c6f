"""Sets of connections: for each protocol a set of ports, in one canonical form, and how they are written.

All three protocols lie on one number line, 65,536 numbers apart, so that a set is one sorted tuple of
intervals. Port 0 does not exist; it keeps the intervals of two protocols from touching.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from bot.policy.reach.model import Protocol

FIRST_PORT, LAST_PORT = 1, 65535
_SPAN = 65536
_BASE = {protocol: index * _SPAN for index, protocol in enumerate(Protocol)}
_PROTOCOLS = tuple(Protocol)

Interval = tuple[int, int]  # both ends belong to it


@dataclasses.dataclass(frozen=True, slots=True)
class Connections:
    """A set of (protocol, port). Equal sets are equal values; `bool` says whether it holds anything."""

    intervals: tuple[Interval, ...] = ()

    @staticmethod
    def of(protocol: Protocol, first: int = FIRST_PORT, last: int = LAST_PORT) -> Connections:
        """The ports `first` to `last` of a protocol, all of them by default; none if `first` is after
        `last`.
        """
        first, last = max(first, FIRST_PORT), min(last, LAST_PORT)
        return Connections(((_BASE[protocol] + first, _BASE[protocol] + last),)) if first <= last else NOTHING

    @staticmethod
    def union(sets: Iterable[Connections]) -> Connections:
        """What is in any of them."""
        return Connections(_merged(interval for each in sets for interval in each.intervals))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __or__(self, other: Connections) -> Connections:
        if self.intervals == other.intervals or not other.intervals:
            return self
        return other if not self.intervals else Connections.union((self, other))

    def __and__(self, other: Connections) -> Connections:
        found = []
        mine, theirs = self.intervals, other.intervals
        i = j = 0
        while i < len(mine) and j < len(theirs):
            first, last = max(mine[i][0], theirs[j][0]), min(mine[i][1], theirs[j][1])
            if first <= last:
                found.append((first, last))
            if mine[i][1] < theirs[j][1]:
                i += 1
            else:
                j += 1
        return Connections(tuple(found))

    def __sub__(self, other: Connections) -> Connections:
        return self & other.complement() if other.intervals else self

    def complement(self) -> Connections:
        """Every connection that is not in it."""
        found = []
        for start in _BASE.values():
            at = start + FIRST_PORT
            for first, last in self.intervals:
                if start < first <= start + LAST_PORT:
                    if at < first:
                        found.append((at, first - 1))
                    at = last + 1
            if at <= start + LAST_PORT:
                found.append((at, start + LAST_PORT))
        return Connections(tuple(found))

    def contains(self, protocol: Protocol, port: int) -> bool:
        """Whether this port is in it."""
        at = _BASE[protocol] + port
        return any(first <= at <= last for first, last in self.intervals)

    def ports(self, protocol: Protocol) -> tuple[Interval, ...]:
        """The port ranges of a protocol, sorted and apart from each other."""
        start = _BASE[protocol]
        return tuple(
            (first - start, last - start)
            for first, last in self.intervals
            if first // _SPAN == start // _SPAN
        )

    def __str__(self) -> str:
        """`TCP 80,8080-8090,UDP 53`; a protocol alone is all its ports; `All Connections`, `No
        Connections`.
        """
        if self == ALL:
            return "All Connections"
        if not self:
            return "No Connections"
        return ",".join(part for protocol in _PROTOCOLS if (part := self._part(protocol)))

    def _part(self, protocol: Protocol) -> str:
        ranges = self.ports(protocol)
        if ranges == ((FIRST_PORT, LAST_PORT),):
            return str(protocol)
        ports = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
        return f"{protocol} {ports}" if ports else ""


def _merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


NOTHING = Connections()
ALL = Connections(tuple((start + FIRST_PORT, start + LAST_PORT) for start in _BASE.values()))
