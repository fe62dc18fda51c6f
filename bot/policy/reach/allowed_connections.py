"""The allowed connections as rows `SRC => DST : CONNECTIONS`, by workload or by pod."""

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np

from bot.policy.reach import external_ranges
from bot.policy.reach.addresses import format_range
from bot.policy.reach.aggregation import EndpointClasses, GroupLevel, Workloads, workloads_on_own_nodes
from bot.policy.reach.arrays import Numbers
from bot.policy.reach.connection_sets import EMPTY, FULL
from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability


@dataclasses.dataclass(frozen=True, slots=True)
class AllowedConnection:
    """One pair that may connect.

    An end is `shop/cart[Deployment]` or `shop/cart-1`, as the level says, or an external range `A-B`.
    """

    source: str
    destination: str
    connections: Connections

    def __str__(self) -> str:
        return f"{self.source} => {self.destination} : {self.connections}"


def list_allowed_connections(
    reach: Reachability, level: GroupLevel = GroupLevel.WORKLOAD
) -> Iterator[AllowedConnection]:
    """Return every pair that may connect, sorted by source and destination.

    The connections of two workloads are the union over their pairs of pods. There is no row for a pod to
    itself, from outside to outside, or for a pair that may not connect at all.
    """
    return iter(_Rows(reach, level))


class _Rows:
    def __init__(self, reach: Reachability, level: GroupLevel) -> None:
        self._reach = reach
        self._classes = EndpointClasses(reach)
        self._workloads = Workloads(reach.pod_index, self._classes.of_pod, level)
        self._on_own_nodes = workloads_on_own_nodes(reach.pod_index, self._workloads.of_pod)
        self._ranges = self._merged_ranges() if self._workloads.names else []
        self._names = [*self._workloads.names, *(format_range(bounds) for bounds, _ in self._ranges)]

    def __iter__(self) -> Iterator[AllowedConnection]:
        order = np.array(sorted(range(len(self._names)), key=self._names.__getitem__), dtype=np.intp)
        names = [self._names[end] for end in order.tolist()]
        for name, source in zip(names, order.tolist(), strict=True):
            row = self._opened_by(source)[order]
            for at in np.flatnonzero(row).tolist():
                yield AllowedConnection(name, names[at], self._reach.sets[int(row[at])])

    def _opened_by(self, source: int) -> Numbers:
        """What a workload or a range may open to each workload, and after them to each range."""
        workload_count = len(self._workloads.names)
        if source >= workload_count:
            by_class = self._classes.opened_by(self._ranges[source - workload_count][1])
            row = self._workloads.fold(by_class, self._reach.sets)
            return np.concatenate((row, np.full(len(self._ranges), EMPTY, dtype=np.int32)))
        opened = map(self._classes.opened_by, self._workloads.classes_of(source))
        by_class = functools.reduce(self._reach.sets.unions, opened)
        row = self._workloads.fold(by_class, self._reach.sets)
        row[source] = self._opened_to_itself(source)
        row[list(self._on_own_nodes.get(source, ()))] = FULL
        return np.concatenate((row, by_class[[class_ for _, class_ in self._ranges]]))

    def _opened_to_itself(self, workload: int) -> int:
        """What is allowed between two different pods of one workload."""
        connections = EMPTY
        classes = self._workloads.classes_of(workload)
        for source in classes if self._workloads.pod_counts[workload] > 1 else ():
            opened = self._classes.opened_by(source)
            for destination in classes:
                if source != destination or self._workloads.count_pods(workload, source) > 1:
                    connections = self._reach.sets.union(connections, int(opened[destination]))
        return connections

    def _merged_ranges(self) -> list[external_ranges.NumberedRange]:
        """Neighbouring ranges are merged if no row would differ; each has the class that stands for it."""
        sets, endpoints = self._reach.sets, self._reach.endpoints
        classes = self._classes.of_endpoint[endpoints.pod_endpoint_count :].tolist()
        ranges = external_ranges.of_families(
            zip(endpoints.ranges(), classes, strict=True), ipv6=external_ranges.uses_ipv6(self._reach)
        )

        @functools.cache
        def rows_of(class_: int) -> tuple[bytes, bytes]:
            opened_by = self._workloads.fold(self._classes.opened_by(class_), sets)
            opened_to = self._workloads.fold(self._classes.opened_to(class_), sets)
            return opened_by.tobytes(), opened_to.tobytes()

        return external_ranges.merge_neighbours(ranges, rows_of)
