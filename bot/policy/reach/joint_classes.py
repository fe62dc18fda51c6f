"""Two states side by side: groups of pods, and ranges outside, that are of one class in both.

A cell holds the pods that are of the same workload, of the same class before and of the same class after, so
that a change is worked out once for all of them. Outside is cut where either state cuts it.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from bot.policy.reach import external_ranges
from bot.policy.reach.addresses import END, Range
from bot.policy.reach.aggregation import GroupLevel, named
from bot.policy.reach.connection_sets import EMPTY, FULL, Ids
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Direction, Pod
from bot.policy.reach.pod_index import UNKNOWN

Indices = npt.NDArray[np.intp]
ABSENT = -1


@dataclasses.dataclass(frozen=True, slots=True)
class _View:
    """Pods (later: cells) as one state sees them: arrays of endpoint, class, host network and node."""

    state: Reachability
    endpoints: Ids
    classes: Ids
    hosts: Ids
    nodes: Ids

    @classmethod
    def of(cls, state: Reachability, pods: tuple[Pod, ...]) -> _View:
        """`ABSENT` is the endpoint and the class of a pod that this state does not have."""
        population = state.population
        units, classes, hosts, nodes = (
            np.append(each, ABSENT)
            for each in (state.endpoints.unit_of_pod, state.class_of, population.hosts, population.nodes)
        )
        if pods is population.pods:
            there = np.arange(len(pods))
        else:
            there = np.array([population.index.get(pod.ref, ABSENT) for pod in pods], dtype=np.intp)
        endpoints = units[there]
        return cls(state, endpoints, classes[endpoints], hosts[there], nodes[there])

    def of_cells(self, pods: Indices, ranges: Indices) -> _View:
        """The same for cells that these pods and these ranges outside stand for."""
        none = np.full(len(ranges), UNKNOWN, dtype=np.int32)
        return _View(
            self.state,
            np.concatenate((self.endpoints[pods], ranges.astype(np.int32))),
            np.concatenate((self.classes[pods], none)),
            np.concatenate((self.hosts[pods], np.zeros(len(ranges), dtype=np.int32))),
            np.concatenate((self.nodes[pods], none)),
        )


class Cells:
    """The cells of two states. Cells of pods are numbered first, then those of ranges outside.

    `party` is the number of a cell's workload (or pod, as `level` says) in `names`; a range outside has none.
    `sizes` counts pods. Where the two states have different pods, a pod may also have moved to another node
    or off its network: cells are then parted by node, so that `connections` can tell own nodes, which
    policies do not.
    """

    def __init__(self, before: Reachability, after: Reachability, level: GroupLevel) -> None:
        self.before, self.after = before, after
        self.same_pods = before.population is after.population
        self.pods = _pods(before, after)
        self.names, owners = named(after.population, self.pods, level)
        views = [_View.of(state, self.pods) for state in (before, after)]
        columns = [owners]
        columns += [column for view in views for column in (view.classes, view.hosts)]
        columns += [] if self.same_pods else [view.nodes for view in views]
        found, first, self.of_pod = _unique_rows(np.stack(columns, axis=1))
        self.inside = len(found)
        self.party = found[:, 0]
        self.sizes = np.bincount(self.of_pod, minlength=self.inside)
        self.ranges, ranges = _ranges(before, after)
        of_class = np.stack(
            [state.class_of[ranges[:, at]] for at, state in enumerate((before, after))], axis=1
        )
        _, first_range, of_range = _unique_rows(of_class)
        self.of_range = of_range + self.inside
        self.count = self.inside + len(first_range)
        self._views = [view.of_cells(first, ranges[first_range, at]) for at, view in enumerate(views)]

    def connections(self, sources: Indices, destinations: Indices) -> tuple[Ids, Ids]:
        """Two matrices, before and after, in the numbers of the state before."""
        before, after = (self._of(view, sources, destinations) for view in self._views)
        if self.after.sets is not self.before.sets:
            after = self.after.sets.numbers_in(self.before.sets)[after]
        return before, after

    def _of(self, view: _View, sources: Indices, destinations: Indices) -> Ids:
        left, right = view.endpoints[sources], view.endpoints[destinations]
        found = view.state.between(left, right)
        if not self.same_pods:
            own = (view.hosts[sources] == 1)[:, None] & (
                view.nodes[sources][:, None] == view.nodes[destinations]
            )
            found[own & (view.nodes[destinations] != UNKNOWN)] = FULL
        found[left == ABSENT, :] = EMPTY
        found[:, right == ABSENT] = EMPTY
        return found

    def isolated(self, direction: Direction) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """For each cell of pods whether policies isolate it, before and after."""
        found = []
        for view in self._views:
            side = view.state.side(direction)
            any_policy = np.array([bool(policies) for policies in side.policies], dtype=bool)
            endpoints = view.endpoints[: self.inside]
            found.append(any_policy[side.rows_of[endpoints]] & (endpoints != ABSENT))
        return found[0], found[1]

    def changed(self, direction: Direction) -> Indices:
        """The cells whose policies of one direction changed: only their connections can have changed."""
        if not self.same_pods:
            return np.arange(self.count)
        before, after = self.before.side(direction), self.after.side(direction)
        rows = np.stack(
            [side.rows_of[view.endpoints] for side, view in zip((before, after), self._views, strict=True)],
            axis=1,
        )
        pairs, _, back = _unique_rows(rows.astype(np.int64))
        differ = np.array(
            [before.policies[one] != after.policies[other] for one, other in pairs.tolist()], dtype=bool
        )
        return np.flatnonzero(differ[back])

    def pods_of(self, cells: npt.NDArray[np.bool_]) -> list[Pod]:
        """The pods in cells that are marked."""
        return [self.pods[number] for number in np.flatnonzero(cells[self.of_pod]).tolist()]


def _pods(before: Reachability, after: Reachability) -> tuple[Pod, ...]:
    if before.population is after.population:
        return before.population.pods
    gone = (pod for pod in before.population.pods if pod.ref not in after.population.index)
    return (*after.population.pods, *gone)


def _ranges(before: Reachability, after: Reachability) -> tuple[list[Range], Indices]:
    """Outside cut where either state cuts it, each range with its endpoint in both; IPv6 if either
    speaks it.
    """
    starts = sorted({*before.endpoints.starts, *after.endpoints.starts})
    ipv6 = external_ranges.speaks_ipv6(before) or external_ranges.speaks_ipv6(after)
    numbered = [
        ((first, following - 1), first) for first, following in zip(starts, [*starts[1:], END], strict=True)
    ]
    kept = external_ranges.families(numbered, ipv6=ipv6)
    ends = [[state.endpoints.range_at(first) for state in (before, after)] for _, first in kept]
    return [found for found, _ in kept], np.array(ends, dtype=np.intp)


def _unique_rows(keys: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int64], Indices, Indices]:
    """The different rows, the first index of each, and for each row which of them it is."""
    combined = np.zeros(len(keys), dtype=np.int64)
    for column in range(keys.shape[1]):
        values = keys[:, column].astype(np.int64) - int(keys[:, column].min(initial=0))
        _, combined = np.unique(combined * (int(values.max(initial=0)) + 1) + values, return_inverse=True)
    _, first, back = np.unique(combined, return_index=True, return_inverse=True)
    return keys[first].astype(np.int64), first, back
