"""What a line of an answer is about: a workload, a pod, or a range of addresses outside.

Endpoints of one class behave alike, and a workload is the union of the classes that its pods are in; most
have one. `Parties` folds a row over classes into a row over parties, so that answers are computed once for
each class and not for each pod.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot.policy.reach.connection_sets import Ids, SetTable
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Pod
from bot.policy.reach.partition import first_of_each
from bot.policy.reach.pod_index import Population, numbered

Indices = npt.NDArray[np.intp]


class GroupLevel(enum.StrEnum):
    """What a row stands for."""

    WORKLOAD = "workload"
    POD = "pod"


def named(population: Population, pods: Sequence[Pod], level: GroupLevel) -> tuple[list[str], Ids]:
    """`shop/cart[Deployment]` or `shop/cart-1`: the names, sorted, and for each pod the number of its
    name.
    """
    if level is GroupLevel.POD:
        return numbered([str(pod.ref) for pod in pods])
    return population.owners if pods is population.pods else numbered([str(pod.owner) for pod in pods])


class Classes:
    """The classes of one state, and any row or column of their matrix."""

    def __init__(self, reach: Reachability) -> None:
        self.reach = reach
        self.of_endpoint = reach.class_of
        self.count = int(self.of_endpoint.max(initial=-1)) + 1
        self.endpoints = first_of_each(self.of_endpoint, self.count)
        self.of_pod = self.of_endpoint[reach.endpoints.unit_of_pod]
        self._rows_in, self._columns_in = (
            each[self.endpoints] for each in (reach.ingress.rows_of, reach.ingress.columns_of)
        )
        self._rows_out, self._columns_out = (
            each[self.endpoints] for each in (reach.egress.rows_of, reach.egress.columns_of)
        )

    def opened_by(self, source: int) -> Ids:
        """What one class may open to each class."""
        out = self.reach.egress.cells[self._rows_out[source], self._columns_out]
        into = self.reach.ingress.cells[self._rows_in, self._columns_in[source]]
        return self.reach.sets.intersections(out, into)

    def opened_to(self, destination: int) -> Ids:
        """What each class may open to one class."""
        out = self.reach.egress.cells[self._rows_out, self._columns_out[destination]]
        into = self.reach.ingress.cells[self._rows_in[destination], self._columns_in]
        return self.reach.sets.intersections(out, into)


class Parties:
    """The workloads or pods of a population, sorted by name, and the classes that they are made of."""

    def __init__(self, population: Population, class_of_pod: Ids, level: GroupLevel) -> None:
        self.names, of_pod = named(population, population.pods, level)
        self.of_pod = of_pod.astype(np.int64)
        width = int(class_of_pod.max(initial=0)) + 1
        pairs, counts = np.unique(self.of_pod * width + class_of_pod, return_counts=True)
        self.pods = np.bincount(self.of_pod, minlength=len(self.names))
        owners, classes = pairs // width, pairs % width
        self._starts = np.searchsorted(owners, np.arange(len(self.names) + 1))
        self._classes: Indices = classes.astype(np.intp)
        self._counts = counts
        self._rounds = list(self._round())

    def classes(self, party: int) -> Sequence[int]:
        """The classes of a party."""
        found: list[int] = self._classes[self._starts[party] : self._starts[party + 1]].tolist()
        return found

    def alone(self, party: int) -> bool:
        """Whether it is a single pod."""
        return int(self.pods[party]) == 1

    def pods_in(self, party: int, one: int) -> int:
        """How many pods of a party are of a class."""
        at = slice(self._starts[party], self._starts[party + 1])
        return int(self._counts[at][self._classes[at] == one].sum())

    def fold(self, by_class: Ids, sets: SetTable) -> Ids:
        """From one set for each class to one for each party: the union over its classes."""
        found = by_class[self._classes[self._starts[:-1]]]
        for parties, classes in self._rounds:
            found[parties] = sets.unions(found[parties], by_class[classes])
        return found

    def _round(self) -> Iterator[tuple[Indices, Indices]]:
        """The second class of each party that has two, the third of each that has three, and so on."""
        sizes = np.diff(self._starts)
        for number in range(1, int(sizes.max(initial=0))):
            parties = np.flatnonzero(sizes > number)
            yield parties, self._classes[self._starts[parties] + number]


def own_nodes(population: Population, party_of_pod: npt.NDArray[np.int64]) -> dict[int, set[int]]:
    """For each party with host-network pods, the parties with another pod on one of their nodes."""
    on_node: dict[str, list[int]] = defaultdict(list)
    for number, pod in enumerate(population.pods):
        if pod.node:
            on_node[pod.node].append(number)
    found: dict[int, set[int]] = defaultdict(set)
    for pods in on_node.values():
        hosts = [pod for pod in pods if population.pods[pod].host_network]
        for host in hosts:
            found[int(party_of_pod[host])].update(int(party_of_pod[pod]) for pod in pods if pod != host)
    return dict(found)
