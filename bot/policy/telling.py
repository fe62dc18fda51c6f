"""What changes, as lines that people read: outside ranges of one fate are one line, what closes comes first.

The engine tells disjoint address ranges apart, and carves pods and nodes out of them; a person wants to know
that `outside` stops. Ranges that share the same workload and the same ports are told together.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Sequence

from bot.policy.reach.changes import Change
from bot.policy.reach.connections import Connections

OUTSIDE = "outside"
SYSTEM = "kube-system/"
FIRST, LAST = "0.0.0.0", "255.255.255.255"
FIRST_V6, LAST_V6 = "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


class Fate(enum.Enum):
    """What becomes of a connection."""

    CLOSES = "closes"
    OPENS = "opens"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line: `closes shop/frontend → shop/cart TCP 7070, 3 → 2 pods`. 0 pods: outside."""

    fate: Fate
    source: str
    destination: str
    connections: Connections
    source_pods: int
    destination_pods: int

    def __str__(self) -> str:
        pods = f"{self.source_pods or OUTSIDE} → {self.destination_pods or OUTSIDE} pods"
        return f"{self.fate.value} {self.source} → {self.destination} {self.connections} ({pods})"


def lines(changes: Iterable[Change]) -> tuple[Line, ...]:
    """Everything that changes, what closes first, sorted by source and destination."""
    grouped: dict[tuple[Fate, str, str, Connections], list[tuple[Change, str]]] = {}
    for change in changes:
        for fate, connections in ((Fate.CLOSES, change.closes), (Fate.OPENS, change.opens)):
            if connections:
                ends = tuple(OUTSIDE if is_range(end) else end for end in (change.source, change.destination))
                ranges = change.source if is_range(change.source) else change.destination
                grouped.setdefault((fate, *ends, connections), []).append((change, ranges))  # type: ignore[arg-type]
    told = [_line(*key, members) for key, members in grouped.items()]
    return tuple(sorted(told, key=_order))


def _order(line: Line) -> tuple[bool, bool, bool, str, str]:
    """What closes comes first; in it outside traffic, then a team's own workloads, then those of the system."""
    ends = (line.source, line.destination)
    outside, system = any(map(is_range, ends)), any(end.startswith(SYSTEM) for end in ends)
    return line.fate is Fate.OPENS, not outside, system, line.source, line.destination


def summary(told: Sequence[Line]) -> str:
    """`closes 14 connections, opens none`."""
    closes, opens = (count(told, fate) for fate in Fate)
    if not closes and not opens:
        return "no connection changes"
    return f"closes {_number(closes)}, opens {opens or 'none'}" if closes else f"opens {_number(opens)}, closes none"


def _number(found: int) -> str:
    return f"{found:,} connection{'' if found == 1 else 's'}"


def count(told: Iterable[Line], fate: Fate) -> int:
    """How many lines close, or open."""
    return sum(line.fate is fate for line in told)


def is_range(end: str) -> bool:
    """Whether an end is an address range and not a workload."""
    return "/" not in end


def _line(
    fate: Fate, source: str, destination: str, connections: Connections, members: list[tuple[Change, str]]
) -> Line:
    outside = _outside([ranges for _, ranges in members])
    return Line(
        fate=fate, source=outside if source == OUTSIDE else source,
        destination=outside if destination == OUTSIDE else destination, connections=connections,
        source_pods=max(change.source_pods for change, _ in members),
        destination_pods=max(change.destination_pods for change, _ in members),
    )  # fmt: skip


def _outside(ranges: list[str]) -> str:
    """All addresses are `outside`; a single range is itself; some are counted."""
    ends = {end for each in ranges for end in each.split("-")}
    if {FIRST, LAST} <= ends or {FIRST_V6, LAST_V6} <= ends:
        return OUTSIDE
    if len(ranges) == 1:
        first, _, last = ranges[0].partition("-")
        return f"{OUTSIDE} {first}" if first == last or not last else f"{OUTSIDE} {first}-{last}"
    more = len(ranges) - 1
    return f"{OUTSIDE} {ranges[0]} and {more} more range{'s' if more > 1 else ''}"
