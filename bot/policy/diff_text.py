"""What changes, as lines that people read: outside ranges of one fate are one line, what closes comes first.

The engine tells disjoint address ranges apart; a person wants to know that `outside` stops, and for whom it
does not. Ranges that share the same workload and the same ports are told together.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from bot.policy.reach.addresses import END, FAMILIES, Range, address_at, position, text
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
    """One line: `closes shop/frontend → shop/cart TCP 7070, 3 → 2 pods`. 0 pods: outside."""

    fate: ConnectionFate
    source: str
    destination: str
    connections: Connections
    source_pods: int
    destination_pods: int

    def __str__(self) -> str:
        many = (self.destination_pods or self.source_pods) != 1
        pods = (
            f"{self.source_pods or OUTSIDE} → {self.destination_pods or OUTSIDE} {'pods' if many else 'pod'}"
        )
        return f"{self.fate.value} {self.source} → {self.destination} {self.connections} ({pods})"


def lines(changes: Iterable[ConnectionChange]) -> tuple[DiffLine, ...]:
    """Everything that changes, what closes first, sorted by source and destination."""
    grouped: dict[tuple[ConnectionFate, str, str, Connections], list[tuple[ConnectionChange, str]]] = {}
    for change in changes:
        for fate, connections in (
            (ConnectionFate.CLOSES, change.closes),
            (ConnectionFate.OPENS, change.opens),
        ):
            if connections:
                ends = tuple(OUTSIDE if is_range(end) else end for end in (change.source, change.destination))
                ranges = change.source if is_range(change.source) else change.destination
                grouped.setdefault((fate, *ends, connections), []).append((change, ranges))  # type: ignore[arg-type]
    told = [_line(*key, members) for key, members in grouped.items()]
    return tuple(sorted(told, key=_order))


def _order(line: DiffLine) -> tuple[bool, bool, bool, str, str]:
    """What closes comes first; in it outside traffic, then a team's own workloads, then those of the
    system.
    """
    ends = (line.source, line.destination)
    outside, system = any(map(is_range, ends)), any(end.startswith(SYSTEM) for end in ends)
    return line.fate is ConnectionFate.OPENS, not outside, system, line.source, line.destination


def summary(told: Sequence[DiffLine]) -> str:
    """`closes 14 connections, opens none`."""
    closes, opens = (count(told, fate) for fate in ConnectionFate)
    if not closes and not opens:
        return "no connection changes"
    return (
        f"closes {_number(closes)}, opens {opens or 'none'}"
        if closes
        else f"opens {_number(opens)}, closes none"
    )


def _number(found: int) -> str:
    return f"{found:,} connection{'' if found == 1 else 's'}"


def count(told: Iterable[DiffLine], fate: ConnectionFate) -> int:
    """How many lines close, or open."""
    return sum(line.fate is fate for line in told)


def is_range(end: str) -> bool:
    """Whether an end is an address range and not a workload."""
    return "/" not in end


def _line(
    fate: ConnectionFate,
    source: str,
    destination: str,
    connections: Connections,
    members: list[tuple[ConnectionChange, str]],
) -> DiffLine:
    outside = _outside([ranges for _, ranges in members]) if OUTSIDE in (source, destination) else ""
    return DiffLine(
        fate=fate,
        source=outside if source == OUTSIDE else source,
        destination=outside if destination == OUTSIDE else destination,
        connections=connections,
        source_pods=max(change.source_pods for change, _ in members),
        destination_pods=max(change.destination_pods for change, _ in members),
    )


def _outside(ranges: list[str]) -> str:
    """All addresses are `outside`; otherwise those that are meant, or those that are not, whichever are
    fewer.

    A family (IPv4, IPv6) in which nothing changes is not spoken of.
    """
    meant = sorted(map(_span, ranges))
    left_out = list(_gaps(meant))
    if not left_out:
        return OUTSIDE
    return f"{OUTSIDE} but {_some(left_out)}" if len(left_out) < len(meant) else f"{OUTSIDE} {_some(meant)}"


def _span(found: str) -> Range:
    first, last = (position(ipaddress.ip_address(end)) for end in found.split("-"))
    return first, last


def _gaps(meant: Sequence[Range]) -> Iterator[Range]:
    """What lacks of the families that some of the ranges are of."""
    for start, end in ((FAMILIES[0], FAMILIES[1]), (FAMILIES[1], END)):
        own = [each for each in meant if start <= each[0] < end]
        at = start
        for first, last in own:
            if at < first:
                yield at, first - 1
            at = last + 1
        if own and at < end:
            yield at, end - 1


def _some(ranges: Sequence[Range]) -> str:
    first, last = ranges[0]
    shown = str(address_at(first)) if first == last else text(ranges[0])
    more = len(ranges) - 1
    return shown + (f" and {more} more range{'s' if more > 1 else ''}" if more else "")
