"""Two states of a cluster side by side, in classes that are the same in both.

A joint class holds the pods that are of one workload, of one class before and of one class after, so that a
change is worked out once for all of them. The addresses outside are cut where either state cuts them, and
external ranges that are of one class in both states share a joint class too.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from bot.policy.reach import external_ranges
from bot.policy.reach.addresses import END, Range
from bot.policy.reach.aggregation import GroupLevel, name_pods
from bot.policy.reach.arrays import Indices, Mask, Numbers, unique_rows
from bot.policy.reach.connection_sets import EMPTY, FULL
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Direction, Pod
from bot.policy.reach.pod_index import NO_NODE

ABSENT = -1


@dataclasses.dataclass(frozen=True, slots=True)
class _View:
    """Pods, and later joint classes, as one state sees them; an array has one element for each of them.

    `ABSENT` is the endpoint and the class of a pod that this state does not have.
    """

    state: Reachability
    endpoints: Numbers
    classes: Numbers
    host_network: Numbers
    nodes: Numbers

    @classmethod
    def of(cls, state: Reachability, pods: tuple[Pod, ...]) -> _View:
        pod_index = state.pod_index
        endpoints, classes, host_network, nodes = (
            np.append(numbers, ABSENT)
            for numbers in (
                state.endpoints.of_pod,
                state.class_of,
                pod_index.host_network_of_pod,
                pod_index.node_of_pod,
            )
        )
        if pods is pod_index.pods:
            numbers = np.arange(len(pods))
        else:
            numbers = np.array([pod_index.number_of.get(pod.ref, ABSENT) for pod in pods], dtype=np.intp)
        pod_endpoints = endpoints[numbers]
        return cls(state, pod_endpoints, classes[pod_endpoints], host_network[numbers], nodes[numbers])

    def of_classes(self, pods: Indices, ranges: Indices) -> _View:
        """The view of joint classes that these pods and these external ranges stand for."""
        unknown = np.full(len(ranges), NO_NODE, dtype=np.int32)
        return _View(
            self.state,
            np.concatenate((self.endpoints[pods], ranges.astype(np.int32))),
            np.concatenate((self.classes[pods], unknown)),
            np.concatenate((self.host_network[pods], np.zeros(len(ranges), dtype=np.int32))),
            np.concatenate((self.nodes[pods], unknown)),
        )


class JointClasses:
    """The joint classes of two states. Those of pods are numbered first, those of external ranges after them.

    `count` is the number of all, `pod_class_count` that of the classes of pods. `workload` is the number in
    `names` of the workload (or pod, as the level says) of each class of pods, and `pod_counts` how many pods
    it has. `of_pod` gives the class of each of `pods`, `of_range` that of each of `ranges`.

    Where the two states have different pods, a pod may also have moved to another node or off the host
    network. Then pods of one class are on one node in both states, so that `connections` can consider own
    nodes, which the tables of policies do not.
    """

    def __init__(self, before: Reachability, after: Reachability, level: GroupLevel) -> None:
        self.before, self.after = before, after
        self.same_pods = before.pod_index is after.pod_index
        self.pods = _pods_of_both(before, after)
        self.names, workloads = name_pods(after.pod_index, self.pods, level)
        views = [_View.of(state, self.pods) for state in (before, after)]
        columns = [workloads]
        columns += [column for view in views for column in (view.classes, view.host_network)]
        columns += [] if self.same_pods else [view.nodes for view in views]
        pod_classes, first_pods, self.of_pod = unique_rows(np.stack(columns, axis=1))
        self.pod_class_count = len(pod_classes)
        self.workload = pod_classes[:, 0]
        self.pod_counts = np.bincount(self.of_pod, minlength=self.pod_class_count)
        self.ranges, range_endpoints = _common_ranges(before, after)
        classes = [state.class_of[range_endpoints[:, at]] for at, state in enumerate((before, after))]
        _, first_ranges, of_range = unique_rows(np.stack(classes, axis=1))
        self.of_range = of_range + self.pod_class_count
        self.count = self.pod_class_count + len(first_ranges)
        self._views = [
            view.of_classes(first_pods, range_endpoints[first_ranges, at]) for at, view in enumerate(views)
        ]

    def connections(self, sources: Indices, destinations: Indices) -> tuple[Numbers, Numbers]:
        """Return the matrices between classes before and after, both in numbers of the state before."""
        before, after = (self._matrix(view, sources, destinations) for view in self._views)
        if self.after.sets is not self.before.sets:
            after = self.after.sets.numbers_in(self.before.sets)[after]
        return before, after

    def _matrix(self, view: _View, sources: Indices, destinations: Indices) -> Numbers:
        left, right = view.endpoints[sources], view.endpoints[destinations]
        matrix = view.state.connection_matrix(left, right)
        if not self.same_pods:
            on_own_node = (view.host_network[sources] == 1)[:, None] & (
                view.nodes[sources][:, None] == view.nodes[destinations]
            )
            matrix[on_own_node & (view.nodes[destinations] != NO_NODE)] = FULL
        matrix[left == ABSENT, :] = EMPTY
        matrix[:, right == ABSENT] = EMPTY
        return matrix

    def isolated(self, direction: Direction) -> tuple[Mask, Mask]:
        """Return for each class of pods whether policies isolate it, before and after."""
        masks = []
        for view in self._views:
            table = view.state.table(direction)
            endpoints = view.endpoints[: self.pod_class_count]
            masks.append(table.isolated_rows()[table.row_of[endpoints]] & (endpoints != ABSENT))
        return masks[0], masks[1]

    def with_changed_policies(self, direction: Direction) -> Indices:
        """Return the classes whose policies of one direction differ: only their connections can differ."""
        if not self.same_pods:
            return np.arange(self.count)
        before, after = self.before.table(direction), self.after.table(direction)
        rows = [
            table.row_of[view.endpoints] for table, view in zip((before, after), self._views, strict=True)
        ]
        pairs, _, inverse = unique_rows(np.stack(rows, axis=1).astype(np.int64))
        differ = np.array(
            [before.policies_of_row[old] != after.policies_of_row[new] for old, new in pairs.tolist()],
            dtype=bool,
        )
        return np.flatnonzero(differ[inverse])

    def pods_in(self, classes: Mask) -> list[Pod]:
        """Return the pods of the classes that a mask over the classes of pods selects."""
        return [self.pods[number] for number in np.flatnonzero(classes[self.of_pod]).tolist()]


def _pods_of_both(before: Reachability, after: Reachability) -> tuple[Pod, ...]:
    if before.pod_index is after.pod_index:
        return before.pod_index.pods
    removed = (pod for pod in before.pod_index.pods if pod.ref not in after.pod_index.number_of)
    return (*after.pod_index.pods, *removed)


def _common_ranges(before: Reachability, after: Reachability) -> tuple[list[Range], Indices]:
    """The external ranges cut where either state cuts them, each with its endpoint in both states.

    IPv6 is included if either state uses it.
    """
    starts = sorted({*before.endpoints.range_starts, *after.endpoints.range_starts})
    ipv6 = external_ranges.uses_ipv6(before) or external_ranges.uses_ipv6(after)
    pieces = [((first, following - 1), first) for first, following in itertools.pairwise([*starts, END])]
    ranges = external_ranges.of_families(pieces, ipv6=ipv6)
    endpoints = [[state.endpoints.range_endpoint(first) for state in (before, after)] for _, first in ranges]
    return [bounds for bounds, _ in ranges], np.array(endpoints, dtype=np.intp)
