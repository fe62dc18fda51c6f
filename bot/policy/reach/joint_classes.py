"""Two states of a cluster side by side, in classes that are the same in both.

A joint class holds the pods that are of one workload, of one class before and of one class after, so that a
change is worked out once for all of them. The addresses outside are cut where either state cuts them, and
external ranges that are of one class in both states share a joint class too.
"""

import itertools

import numpy as np

from bot.policy.reach import external_ranges
from bot.policy.reach.addresses import END, Range
from bot.policy.reach.aggregation import GroupLevel, name_pods
from bot.policy.reach.arrays import AnyIndices, Indices, Mask, Numbers, unique_rows
from bot.policy.reach.connection_sets import EMPTY, FULL
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Direction, Pod
from bot.policy.reach.pod_index import NO_NODE

ABSENT = -1
ENDPOINT, CLASS, HOST_NETWORK, NODE = range(4)  # what is known of a pod in one state


def _view_pods(state: Reachability, pods: tuple[Pod, ...]) -> AnyIndices:
    """Return a row for each pod: its endpoint, class, hostNetwork and node in one state.

    The endpoint and the class of a pod that the state does not have are `ABSENT`.
    """
    index, endpoints = state.pod_index, state.endpoints.of_pod
    columns = (endpoints, state.class_of[endpoints], index.host_network_of_pod, index.node_of_pod)
    if pods is index.pods:
        return np.stack(columns, axis=1)
    rows = np.stack([np.append(column, ABSENT) for column in columns], axis=1)
    return rows[[index.number_of.get(pod.ref, ABSENT) for pod in pods]]


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
        views = [_view_pods(state, self.pods) for state in (before, after)]
        parts = [CLASS, HOST_NETWORK] if self.same_pods else [CLASS, HOST_NETWORK, NODE]
        pod_classes, first_pods, self.of_pod = unique_rows(
            np.column_stack((workloads, *(view[:, parts] for view in views)))
        )
        self.pod_class_count = len(pod_classes)
        self.workload = pod_classes[:, 0]
        self.pod_counts = np.bincount(self.of_pod, minlength=self.pod_class_count)
        self.ranges, range_endpoints = _common_ranges(before, after)
        classes = [state.class_of[range_endpoints[:, at]] for at, state in enumerate((before, after))]
        _, first_ranges, of_range = unique_rows(np.stack(classes, axis=1))
        self.of_range = of_range + self.pod_class_count
        self.count = self.pod_class_count + len(first_ranges)
        self._views = []  # for each state the endpoint, the class, the hostNetwork and the node of each class
        for at, view in enumerate(views):
            ranges = np.full((len(first_ranges), view.shape[1]), NO_NODE)
            ranges[:, ENDPOINT], ranges[:, HOST_NETWORK] = range_endpoints[first_ranges, at], 0
            self._views.append(np.ascontiguousarray(np.concatenate((view[first_pods], ranges)).T))

    def connections(self, sources: Indices, destinations: Indices) -> tuple[Numbers, Numbers]:
        """Return the matrices between classes before and after, both in numbers of the state before."""
        before = self._matrix(self.before, self._views[0], sources, destinations)
        after = self._matrix(self.after, self._views[1], sources, destinations)
        if self.after.sets is not self.before.sets:
            after = self.after.sets.numbers_in(self.before.sets)[after]
        return before, after

    def _matrix(
        self, state: Reachability, view: AnyIndices, sources: Indices, destinations: Indices
    ) -> Numbers:
        source_endpoints, destination_endpoints = view[ENDPOINT, sources], view[ENDPOINT, destinations]
        matrix = state.connection_matrix(source_endpoints, destination_endpoints)
        if not self.same_pods:
            nodes = view[NODE, destinations]
            hosts = (view[HOST_NETWORK, sources] == 1)[:, None]
            matrix[hosts & (view[NODE, sources][:, None] == nodes) & (nodes != NO_NODE)] = FULL
        matrix[source_endpoints == ABSENT, :] = EMPTY
        matrix[:, destination_endpoints == ABSENT] = EMPTY
        return matrix

    def isolated(self, direction: Direction) -> tuple[Mask, Mask]:
        """Return for each class of pods whether policies isolate it, before and after."""
        masks = []
        for state, view in zip((self.before, self.after), self._views, strict=True):
            table, endpoints = state.table(direction), view[ENDPOINT, : self.pod_class_count]
            masks.append(table.isolated_rows()[table.row_of[endpoints]] & (endpoints != ABSENT))
        return masks[0], masks[1]

    def with_changed_policies(self, direction: Direction) -> Indices:
        """Return the classes whose policies of one direction differ: only their connections can differ."""
        if not self.same_pods:
            return np.arange(self.count)
        before, after = self.before.table(direction), self.after.table(direction)
        endpoints_before, endpoints_after = (view[ENDPOINT] for view in self._views)
        rows = (before.row_of[endpoints_before], after.row_of[endpoints_after])
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
