"""Turns pairs of joint classes that changed into what people read: changes between workloads and ranges."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from bot.policy.reach import external_ranges
from bot.policy.reach.addresses import format_range
from bot.policy.reach.arrays import AnyIndices, Indices, Numbers
from bot.policy.reach.connection_sets import ConnectionSetTable
from bot.policy.reach.connections import Connections
from bot.policy.reach.joint_classes import JointClasses
from bot.policy.reach.pod_index import NO_NODE

_Counts = tuple[int, ...]  # numbers of what closes and what opens, pods of source and destination
_RangeChange = tuple[bool, str, _Counts]  # whether the range is the source, the workload at the other end


@dataclasses.dataclass(frozen=True, slots=True)
class ConnectionChange:
    """What closes and what opens from one workload, or range `A-B` outside the cluster, to another.

    `source` and `destination` are named as in `allowed_connections`. `closes` and `opens` are unions over
    pairs of pods; `source_pods` and `destination_pods` count the pods of which some pair changes, 0 for an
    external range.
    """

    source: str
    destination: str
    closes: Connections
    opens: Connections
    source_pods: int
    destination_pods: int


@dataclasses.dataclass(frozen=True, slots=True)
class ChangedPairs:
    """Pairs of joint classes that changed: what closes and opens, as numbers, and the pods of both ends."""

    classes: JointClasses
    sources: Indices
    destinations: Indices
    closes: Numbers
    opens: Numbers
    source_pods: Indices
    destination_pods: Indices

    @classmethod
    def of(cls, classes: JointClasses, parts: Sequence[tuple[AnyIndices, ...]]) -> ChangedPairs:
        """Build from arrays (source, destination, number before, number after).

        Pairs whose pods are exempt from policies are left out: a pod and itself, a node and its own pods.
        """
        empty = np.empty(0, dtype=np.intp)
        columns = [np.concatenate([part[column] for part in parts] or [empty]) for column in range(4)]
        sources, destinations = columns[0].astype(np.intp), columns[1].astype(np.intp)
        before, after = columns[2].astype(np.int32), columns[3].astype(np.int32)
        no_pods = np.zeros(classes.count - classes.pod_class_count, dtype=classes.pod_counts.dtype)
        pod_counts = np.concatenate((classes.pod_counts, no_pods))
        source_pods = pod_counts[sources].astype(np.intp)
        destination_pods = pod_counts[destinations].astype(np.intp)
        if classes.same_pods:
            _exempt_own_nodes(classes, sources, destinations, (source_pods, destination_pods))
        changed = ~((sources == destinations) & (source_pods <= 1))
        between_pods = (sources < classes.pod_class_count) & (destinations < classes.pod_class_count)
        changed &= ~between_pods | ((source_pods > 0) & (destination_pods > 0))
        sets = classes.before.sets
        return cls(
            classes,
            sources[changed],
            destinations[changed],
            sets.differences(before[changed], after[changed]),
            sets.differences(after[changed], before[changed]),
            source_pods[changed],
            destination_pods[changed],
        )


def _exempt_own_nodes(
    classes: JointClasses, sources: Indices, destinations: Indices, pods: tuple[Indices, Indices]
) -> None:
    """Subtract exempt pods from the counts: a host-network pod always reaches the pods of its node."""
    pod_index = classes.after.pod_index
    node_of_pod, node_count = pod_index.node_of_pod, int(pod_index.node_of_pod.max(initial=NO_NODE)) + 1
    hosts = np.unique(classes.of_pod[pod_index.host_network_of_pod == 1])
    hosts = hosts[np.isin(hosts, sources)]
    if not len(hosts) or not node_count:
        return
    only_node = _only_nodes(classes, node_of_pod, node_count)
    source_pods, destination_pods = pods
    for host in hosts.tolist():
        pairs = np.flatnonzero((sources == host) & (destinations < classes.pod_class_count))
        ends = destinations[pairs]
        hosts_on_node = np.bincount(node_of_pod[classes.of_pod == host] + 1, minlength=node_count + 1)[1:]
        source_pods[pairs] -= np.where(only_node[ends] >= 0, hosts_on_node[only_node[ends]], 0)
        if only_node[host] >= 0:
            on_same_node = classes.of_pod[node_of_pod == only_node[host]]
            destination_pods[pairs] -= np.bincount(on_same_node, minlength=classes.pod_class_count)[ends]


def _only_nodes(classes: JointClasses, node_of_pod: Numbers, node_count: int) -> Indices:
    """For each class of pods the node that runs all of them; `NO_NODE` where there are several."""
    lowest = np.full(classes.pod_class_count, node_count)
    highest = np.full(classes.pod_class_count, NO_NODE)
    np.minimum.at(lowest, classes.of_pod, node_of_pod)
    np.maximum.at(highest, classes.of_pod, node_of_pod)
    return np.where(lowest == highest, lowest, NO_NODE)


def merge_pairs(pairs: ChangedPairs) -> list[ConnectionChange]:
    """Return one change for each pair of workloads, or of a workload and an external range.

    They are sorted by the names of source and destination.
    """
    names = pairs.classes.names
    changes: list[ConnectionChange] = []
    of_range_class: dict[int, list[_RangeChange]] = defaultdict(list)
    for source, destination, counts in _group_by_workloads(pairs):
        if source >= len(names):
            of_range_class[source].append((True, names[destination], counts))
        elif destination >= len(names):
            of_range_class[destination].append((False, names[source], counts))
        else:
            changes.append(_change(pairs.classes.before.sets, names[source], names[destination], counts))
    changes += _range_changes(pairs.classes, of_range_class)
    return sorted(changes, key=lambda change: (change.source, change.destination))


def _range_changes(
    classes: JointClasses, of_range_class: dict[int, list[_RangeChange]]
) -> Iterator[ConnectionChange]:
    """Neighbouring ranges with the same changes become one range."""
    offset = len(classes.names) - classes.pod_class_count  # a class of ranges is a group of its own
    changes = {group: tuple(members) for group, members in of_range_class.items()}
    numbered = zip(classes.ranges, (classes.of_range + offset).tolist(), strict=True)
    for bounds, group in external_ranges.merge_neighbours(numbered, lambda number: changes.get(number, ())):
        for from_range, workload, counts in changes.get(group, ()):
            text = format_range(bounds)
            ends = (text, workload) if from_range else (workload, text)
            yield _change(classes.before.sets, *ends, counts)


def _change(sets: ConnectionSetTable, source: str, destination: str, counts: _Counts) -> ConnectionChange:
    closes, opens, source_pods, destination_pods = counts
    return ConnectionChange(source, destination, sets[closes], sets[opens], source_pods, destination_pods)


def _group_by_workloads(pairs: ChangedPairs) -> Iterator[tuple[int, int, _Counts]]:
    """Yield source and destination as numbers of workloads, and beyond them of classes of external ranges."""
    classes = pairs.classes
    if not len(pairs.sources):
        return
    ranges = np.arange(classes.count - classes.pod_class_count) + len(classes.names)
    group_of_class = np.concatenate((classes.workload, ranges))
    width = len(classes.names) + len(ranges)
    keys, group = np.unique(
        group_of_class[pairs.sources] * width + group_of_class[pairs.destinations], return_inverse=True
    )
    columns = (
        keys // width,
        keys % width,
        _unite_groups(group, pairs.closes, classes.before.sets),
        _unite_groups(group, pairs.opens, classes.before.sets),
        _count_pods(group, pairs.sources, pairs.source_pods),
        _count_pods(group, pairs.destinations, pairs.destination_pods),
    )
    for source, destination, *counts in zip(*(column.tolist() for column in columns), strict=True):
        yield source, destination, tuple(counts)


def _unite_groups(group: Indices, numbers: Numbers, sets: ConnectionSetTable) -> Numbers:
    """The union of each group's sets; in most groups all of them are one set."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    lowest = np.minimum.reduceat(numbers[order], starts)
    highest = np.maximum.reduceat(numbers[order], starts)
    ends = np.append(starts[1:], len(order))
    for mixed in np.flatnonzero(lowest != highest).tolist():
        members = np.unique(numbers[order[starts[mixed] : ends[mixed]]]).tolist()
        lowest[mixed] = functools.reduce(sets.union, members)
    return lowest


def _count_pods(group: Indices, class_: Indices, pods: Indices) -> Indices:
    """How many pods of each group change: for each of its classes the most that one pair changes."""
    keys = group * (int(class_.max()) + 1) + class_
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    most = np.maximum.reduceat(pods[order], starts)
    return np.bincount(group[order[starts]], weights=most).astype(np.intp)
