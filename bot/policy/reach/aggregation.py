"""Aggregates the answers of the engine, which are about classes of endpoints, to workloads or pods.

An answer is computed once for each class and not for each pod. A workload is the union of the classes that
its pods are in; most workloads have one class only.
"""

import enum
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from bot.policy.reach.arrays import Indices, Numbers, first_indices
from bot.policy.reach.connection_sets import ConnectionSetTable
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Pod
from bot.policy.reach.pod_index import PodIndex, number_names


class GroupLevel(enum.StrEnum):
    """What a row of an answer stands for: a workload with all its pods, or a single pod."""

    WORKLOAD = "workload"
    POD = "pod"


def name_pods(pod_index: PodIndex, pods: Sequence[Pod], level: GroupLevel) -> tuple[list[str], Numbers]:
    """Return the names that pods have at a level, sorted, and for each pod the number of its name.

    A name is `shop/cart[Deployment]` for a workload, `shop/cart-1` for a pod.
    """
    if level is GroupLevel.POD:
        return number_names([str(pod.ref) for pod in pods])
    return pod_index.workloads if pods is pod_index.pods else number_names([str(pod.owner) for pod in pods])


class EndpointClasses:
    """The classes of endpoints of one state, and any row or column of their matrix of connections.

    `of_endpoint` and `of_pod` give the class of each endpoint and of each pod.
    """

    def __init__(self, reach: Reachability) -> None:
        self._reach = reach
        self.of_endpoint = reach.class_of
        self.count = int(self.of_endpoint.max(initial=-1)) + 1
        self.of_pod = self.of_endpoint[reach.endpoints.of_pod]
        endpoints = first_indices(self.of_endpoint, self.count)
        tables = reach.ingress, reach.egress
        self._ingress_rows, self._egress_rows = (table.row_of[endpoints] for table in tables)
        self._ingress_columns, self._egress_columns = (table.column_of[endpoints] for table in tables)

    def opened_by(self, source: int) -> Numbers:
        """Return what one class may open to each class."""
        egress = self._reach.egress.cells[self._egress_rows[source], self._egress_columns]
        ingress = self._reach.ingress.cells[self._ingress_rows, self._ingress_columns[source]]
        return self._reach.sets.intersections(egress, ingress)

    def opened_to(self, destination: int) -> Numbers:
        """Return what each class may open to one class."""
        egress = self._reach.egress.cells[self._egress_rows, self._egress_columns[destination]]
        ingress = self._reach.ingress.cells[self._ingress_rows[destination], self._ingress_columns]
        return self._reach.sets.intersections(egress, ingress)


class Workloads:
    """The workloads of an index (its pods, at that level), sorted by name, and the classes of their pods.

    `of_pod` gives the workload of each pod, `pod_counts` how many pods each workload has.
    """

    def __init__(self, pod_index: PodIndex, class_of_pod: Numbers, level: GroupLevel) -> None:
        self.names, of_pod = name_pods(pod_index, pod_index.pods, level)
        self.of_pod = of_pod.astype(np.int64)
        width = int(class_of_pod.max(initial=0)) + 1
        pairs, counts = np.unique(self.of_pod * width + class_of_pod, return_counts=True)
        self.pod_counts = np.bincount(self.of_pod, minlength=len(self.names))
        workloads, classes = pairs // width, pairs % width
        self._starts = np.searchsorted(workloads, np.arange(len(self.names) + 1))
        self._classes: Indices = classes.astype(np.intp)
        self._counts = counts
        self._rounds = list(self._further_classes())

    def classes_of(self, workload: int) -> Sequence[int]:
        """Return the classes of a workload's pods."""
        classes: list[int] = self._classes[self._starts[workload] : self._starts[workload + 1]].tolist()
        return classes

    def count_pods(self, workload: int, class_: int) -> int:
        """Return how many pods of a workload are of a class."""
        entries = slice(self._starts[workload], self._starts[workload + 1])
        return int(self._counts[entries][self._classes[entries] == class_].sum())

    def fold(self, by_class: Numbers, sets: ConnectionSetTable) -> Numbers:
        """Turn one set for each class into one for each workload: the union over its classes."""
        folded = by_class[self._classes[self._starts[:-1]]]
        for workloads, classes in self._rounds:
            folded[workloads] = sets.unions(folded[workloads], by_class[classes])
        return folded

    def _further_classes(self) -> Iterator[tuple[Indices, Indices]]:
        """Yield the second class of every workload that has two, then the third of those with three, …"""
        class_counts = np.diff(self._starts)
        for number in range(1, int(class_counts.max(initial=0))):
            workloads = np.flatnonzero(class_counts > number)
            yield workloads, self._classes[self._starts[workloads] + number]


def workloads_on_own_nodes(pod_index: PodIndex, workload_of_pod: Indices) -> dict[int, set[int]]:
    """Map each workload with host-network pods to the workloads with another pod on one of their nodes.

    Those always receive its traffic, because a node always reaches its own pods.
    """
    pods_on_node: dict[str, list[int]] = defaultdict(list)
    for number, pod in enumerate(pod_index.pods):
        if pod.node:
            pods_on_node[pod.node].append(number)
    reached: dict[int, set[int]] = defaultdict(set)
    for pods in pods_on_node.values():
        for host in (pod for pod in pods if pod_index.pods[pod].host_network):
            other_pods = [pod for pod in pods if pod != host]
            reached[int(workload_of_pod[host])].update(workload_of_pod[other_pods].tolist())
    return dict(reached)
