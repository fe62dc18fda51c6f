"""Writes the connections that change as lines: what closes comes first, and outside is put on one line.

The engine distinguishes disjoint ranges of addresses; a person wants to know that `outside` stops, and for
whom it does not. Ranges that share the workload at the other end and the ports are put on one line.
"""

import dataclasses
import enum
import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot.common import wording
from bot.policy.reach.addresses import END, FAMILIES, Range, address_at, format_range, position
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.connections import Connections

OUTSIDE = "outside"
SYSTEM = "kube-system/"


class ConnectionFate(enum.Enum):
    """What becomes of a connection."""

    CLOSES = "closes"
    OPENS = "opens"


@dataclasses.dataclass(frozen=True, kw_only=True)
class DiffLine:
    """One line: `closes shop/frontend → shop/cart TCP 7070 (3 → 2 pods)`; outside has 0 pods."""

    fate: ConnectionFate
    source: str
    destination: str
    connections: Connections
    source_pods: int
    destination_pods: int

    def __str__(self) -> str:
        noun = "pod" if (self.destination_pods or self.source_pods) == 1 else "pods"
        pods = f"{self.source_pods or OUTSIDE} → {self.destination_pods or OUTSIDE} {noun}"
        return f"{self.fate.value} {self.source} → {self.destination} {self.connections} ({pods})"


_Key = tuple[ConnectionFate, str, str, Connections]  # what changes of one line have in common


def diff_lines(changes: Iterable[ConnectionChange]) -> tuple[DiffLine, ...]:
    """Return everything that changes: what closes first, sorted by source and destination."""
    grouped: dict[_Key, list[ConnectionChange]] = defaultdict(list)
    for change in changes:
        ends = change.source, change.destination
        source, destination = (OUTSIDE if is_range(end) else end for end in ends)
        for fate, connections in (
            (ConnectionFate.CLOSES, change.closes),
            (ConnectionFate.OPENS, change.opens),
        ):
            if connections:
                grouped[fate, source, destination, connections].append(change)
    return tuple(sorted((_line(key, members) for key, members in grouped.items()), key=_order))


def _order(line: DiffLine) -> tuple[bool, bool, bool, str, str]:
    """What closes first; in it outside traffic, then a team's own workloads, then those of the system."""
    ends = (line.source, line.destination)
    outside, system = any(map(is_range, ends)), any(end.startswith(SYSTEM) for end in ends)
    return line.fate is ConnectionFate.OPENS, not outside, system, line.source, line.destination


def summarise(rows: Sequence[DiffLine]) -> str:
    """Return `closes 14 connections, opens none`."""
    closes, opens = (count(rows, fate) for fate in ConnectionFate)
    if not closes and not opens:
        return "no connection changes"
    if not closes:
        return f"opens {wording.count(opens, 'connection')}, closes none"
    return f"closes {wording.count(closes, 'connection')}, opens {opens or 'none'}"


def count(rows: Iterable[DiffLine], fate: ConnectionFate) -> int:
    """Count the lines that close, or those that open."""
    return sum(line.fate is fate for line in rows)


def is_range(end: str) -> bool:
    """Whether an end is a range of addresses and not a workload."""
    return "/" not in end


def _line(key: _Key, changes: list[ConnectionChange]) -> DiffLine:
    fate, source, destination, connections = key
    if source == OUTSIDE:
        source = _describe_ranges([change.source for change in changes])
    elif destination == OUTSIDE:
        destination = _describe_ranges([change.destination for change in changes])
    return DiffLine(
        fate=fate,
        source=source,
        destination=destination,
        connections=connections,
        source_pods=max(change.source_pods for change in changes),
        destination_pods=max(change.destination_pods for change in changes),
    )


def _describe_ranges(texts: list[str]) -> str:
    """Return `outside` for all addresses; else the ranges that change, or if they are fewer, the others.

    A family (IPv4, IPv6) in which nothing changes is not mentioned.
    """
    ranges = sorted(map(_parse_range, texts))
    gaps = list(_gaps(ranges))
    if not gaps:
        return OUTSIDE
    return f"{OUTSIDE} but {_name(gaps)}" if len(gaps) < len(ranges) else f"{OUTSIDE} {_name(ranges)}"


def _parse_range(text: str) -> Range:
    first, last = (position(ipaddress.ip_address(end)) for end in text.split("-"))
    return first, last


def _gaps(ranges: Sequence[Range]) -> Iterator[Range]:
    """Yield what the ranges leave out of the address families that they are of."""
    for start, end in ((FAMILIES[0], FAMILIES[1]), (FAMILIES[1], END)):
        of_family = [bounds for bounds in ranges if start <= bounds[0] < end]
        at = start
        for first, last in of_family:
            if at < first:
                yield at, first - 1
            at = last + 1
        if of_family and at < end:
            yield at, end - 1


def _name(ranges: Sequence[Range]) -> str:
    first, last = ranges[0]
    name = str(address_at(first)) if first == last else format_range(ranges[0])
    remaining = len(ranges) - 1
    return name + (f" and {remaining} more range{'s' if remaining > 1 else ''}" if remaining else "")
