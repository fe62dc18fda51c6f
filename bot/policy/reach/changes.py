"""From pairs of cells that changed to the lines that people read: workload by workload, range by range."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot.policy.reach import addresses, external_ranges
from bot.policy.reach.connection_sets import Ids, SetTable
from bot.policy.reach.connections import Connections
from bot.policy.reach.joint_classes import Cells
from bot.policy.reach.pod_index import UNKNOWN

Indices = npt.NDArray[np.intp]
_What = tuple[int, int, int, int]  # closes, opens, pods of both ends
_Seen = tuple[bool, str, _What]  # whether from outside, and the other end


@dataclasses.dataclass(frozen=True, slots=True)
class ConnectionChange:
    """What closes and what opens from one workload (or range `A-B` outside) to another.

    `source` and `destination` as in `listing.Row`. `closes` and `opens` are unions over pairs of pods;
    `source_pods` and `destination_pods` count the pods of which some pair changes (0 for a range outside).
    """

    source: str
    destination: str
    closes: Connections
    opens: Connections
    source_pods: int
    destination_pods: int


@dataclasses.dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of cells that changed, with what closes and what opens as numbers, and the pods of both ends."""

    cells: Cells
    sources: Indices
    destinations: Indices
    closes: Ids
    opens: Ids
    source_pods: Indices
    destination_pods: Indices

    @classmethod
    def of(cls, cells: Cells, parts: Sequence[tuple[npt.NDArray[np.integer], ...]]) -> Pairs:
        """From (source, destination, number before, number after); without pairs that no policy can
        change.
        """
        empty = np.empty(0, dtype=np.intp)
        columns = [np.concatenate([part[column] for part in parts] or [empty]) for column in range(4)]
        sources, destinations = columns[0].astype(np.intp), columns[1].astype(np.intp)
        before, after = columns[2].astype(np.int32), columns[3].astype(np.int32)
        sizes = np.concatenate((cells.sizes, np.zeros(cells.count - cells.inside, dtype=cells.sizes.dtype)))
        source_pods, destination_pods = sizes[sources].astype(np.intp), sizes[destinations].astype(np.intp)
        if cells.same_pods:
            _spare_own_nodes(cells, sources, destinations, (source_pods, destination_pods))
        kept = ~((sources == destinations) & (source_pods <= 1))
        inside = (sources < cells.inside) & (destinations < cells.inside)
        kept &= ~inside | ((source_pods > 0) & (destination_pods > 0))
        sets = cells.before.sets
        return cls(
            cells,
            sources[kept],
            destinations[kept],
            sets.differences(before[kept], after[kept]),
            sets.differences(after[kept], before[kept]),
            source_pods[kept],
            destination_pods[kept],
        )


def _spare_own_nodes(
    cells: Cells, sources: Indices, destinations: Indices, pods: tuple[Indices, Indices]
) -> None:
    """A host-network pod always reaches the pods of its node: such pairs of pods never change."""
    population = cells.after.population
    node_of_pod, numbers = population.nodes, int(population.nodes.max(initial=UNKNOWN)) + 1
    hosts = np.unique(cells.of_pod[population.hosts == 1])
    hosts = hosts[np.isin(hosts, sources)]
    if not len(hosts) or not numbers:
        return
    low = np.full(cells.inside, numbers)
    high = np.full(cells.inside, UNKNOWN)
    np.minimum.at(low, cells.of_pod, node_of_pod)
    np.maximum.at(high, cells.of_pod, node_of_pod)
    single = np.where(low == high, low, UNKNOWN)  # the node that runs all pods of a cell
    source_pods, destination_pods = pods
    for host in hosts.tolist():
        at = np.flatnonzero((sources == host) & (destinations < cells.inside))
        ends = destinations[at]
        on_node = np.bincount(node_of_pod[cells.of_pod == host] + 1, minlength=numbers + 1)[1:]
        source_pods[at] -= np.where(single[ends] >= 0, on_node[single[ends]], 0)
        if single[host] >= 0:
            here = node_of_pod == single[host]
            of_cell = np.bincount(cells.of_pod[here], minlength=cells.inside)
            destination_pods[at] -= of_cell[ends]


def changes_of(pairs: Pairs) -> list[ConnectionChange]:
    """One change for each pair of workloads, or of a workload and a range outside, sorted by both names."""
    names = pairs.cells.names
    inside: list[ConnectionChange] = []
    of_group: dict[int, list[_Seen]] = defaultdict(list)
    for source, destination, what in _grouped(pairs):
        if source >= len(names):
            of_group[source].append((True, names[destination], what))
        elif destination >= len(names):
            of_group[destination].append((False, names[source], what))
        else:
            inside.append(_change(pairs.cells.before.sets, names[source], names[destination], what))
    found = [*inside, *_outside(pairs.cells, of_group)]
    return sorted(found, key=lambda change: (change.source, change.destination))


def _outside(cells: Cells, of_group: dict[int, list[_Seen]]) -> Iterator[ConnectionChange]:
    """Neighbouring ranges for which the same changes are one range."""
    first = len(cells.names) - cells.inside  # a cell outside is a group of its own
    seen = {group: tuple(changes) for group, changes in of_group.items()}
    numbered = zip(cells.ranges, (cells.of_range + first).tolist(), strict=True)
    for found, group in external_ranges.maximal(numbered, lambda one: seen.get(one, ())):
        for from_outside, other, what in seen.get(group, ()):
            text = addresses.text(found)
            ends = (text, other) if from_outside else (other, text)
            yield _change(cells.before.sets, *ends, what)


def _change(sets: SetTable, source: str, destination: str, what: _What) -> ConnectionChange:
    closes, opens, source_pods, destination_pods = what
    return ConnectionChange(source, destination, sets[closes], sets[opens], source_pods, destination_pods)


def _grouped(pairs: Pairs) -> Iterator[tuple[int, int, _What]]:
    """Source and destination (a workload's number, beyond them cells outside), closes, opens, pods of
    both.
    """
    cells = pairs.cells
    if not len(pairs.sources):
        return
    group = np.concatenate((cells.party, np.arange(cells.count - cells.inside) + len(cells.names)))
    width = len(cells.names) + cells.count - cells.inside
    keys, back = np.unique(group[pairs.sources] * width + group[pairs.destinations], return_inverse=True)
    columns = (
        keys // width,
        keys % width,
        _union_by(back, pairs.closes, cells.before.sets),
        _union_by(back, pairs.opens, cells.before.sets),
        _pods_by(back, pairs.sources, pairs.source_pods),
        _pods_by(back, pairs.destinations, pairs.destination_pods),
    )
    for source, destination, *what in zip(*(column.tolist() for column in columns), strict=True):
        closes, opens, source_pods, destination_pods = what
        yield source, destination, (closes, opens, source_pods, destination_pods)


def _union_by(group: Indices, numbers: Ids, sets: SetTable) -> Ids:
    """The union of each group's sets; in most groups there is only one."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    lowest = np.minimum.reduceat(numbers[order], starts)
    highest = np.maximum.reduceat(numbers[order], starts)
    ends = np.append(starts[1:], len(order))
    for mixed in np.flatnonzero(lowest != highest).tolist():
        different = np.unique(numbers[order[starts[mixed] : ends[mixed]]]).tolist()
        lowest[mixed] = functools.reduce(sets.union, different)
    return lowest


def _pods_by(group: Indices, cell: Indices, pods: Indices) -> Indices:
    """How many pods of each group's different cells are touched."""
    keys = group * (int(cell.max()) + 1) + cell
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    most = np.maximum.reduceat(pods[order], starts)
    return np.bincount(group[order[starts]], weights=most).astype(np.intp)
