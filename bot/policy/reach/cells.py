"""Two states side by side: groups of pods, and ranges outside, that are of one class in both.

A cell holds the pods that are of the same workload, of the same class before and of the same class after, so
that a change is worked out once for all of them. Outside is cut where either state cuts it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bot.policy.reach import outside
from bot.policy.reach.addresses import END, Range
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Direction, Pod, PodRef
from bot.policy.reach.sets import EMPTY, Ids

Indices = npt.NDArray[np.intp]
ABSENT = -1


class Cells:
    """The cells of two states. Cells of pods are numbered first, then those of ranges outside.

    `party` is the number of a cell's workload in `names`; a range outside has none. `sizes` counts pods.
    """

    def __init__(self, before: Reachability, after: Reachability) -> None:
        self.before, self.after = before, after
        self.pods = _pods(before, after)
        self.same_pods = before.population is after.population
        pairs = np.stack([_endpoints(state, self.pods) for state in (before, after)], axis=1)
        owners = [str(pod.owner) for pod in self.pods]
        self.names = sorted(set(owners))
        numbers = {name: number for number, name in enumerate(self.names)}
        keys = np.stack(
            (np.array([numbers[owner] for owner in owners], dtype=np.int64), *(
                _classes(state, pairs[:, column]) for column, state in enumerate((before, after))
            )), axis=1,
        ) if self.pods else np.empty((0, 3), dtype=np.int64)  # fmt: skip
        found, first, self.of_pod = _unique_rows(keys)
        self.sizes = np.bincount(self.of_pod, minlength=len(found))
        self.party = found[:, 0]
        self.ranges, ranges = _ranges(before, after)
        outside_keys = np.stack([before.class_of[ranges[:, 0]], after.class_of[ranges[:, 1]]], axis=1)
        _, first_range, of_range = _unique_rows(outside_keys)
        self.inside = len(found)
        self.of_range = of_range + self.inside
        self.count = self.inside + len(first_range)
        self._endpoints = np.concatenate((pairs[first], ranges[first_range]))
        self._translation = None if before.sets is after.sets else after.sets.numbers_in(before.sets)

    def connections(self, sources: Indices, destinations: Indices) -> tuple[Ids, Ids]:
        """Two matrices, before and after, in the numbers of the state before."""
        found = self._of(self.before, 0, sources, destinations)
        changed = self._of(self.after, 1, sources, destinations)
        if self._translation is not None:
            if len(self._translation) < len(self.after.sets):
                self._translation = self.after.sets.numbers_in(self.before.sets)
            changed = self._translation[changed]
        return found, changed

    def _of(self, state: Reachability, column: int, sources: Indices, destinations: Indices) -> Ids:
        left, right = self._endpoints[sources, column], self._endpoints[destinations, column]
        found = state.between(left, right)
        found[left == ABSENT, :] = EMPTY
        found[:, right == ABSENT] = EMPTY
        return found

    def isolated(self, direction: Direction) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """For each cell of pods whether policies isolate it, before and after."""
        found = []
        for column, state in enumerate((self.before, self.after)):
            side = state.side(direction)
            any_policy = np.array([bool(policies) for policies in side.policies], dtype=bool)
            endpoints = self._endpoints[: self.inside, column]
            found.append(any_policy[side.rows_of[endpoints]] & (endpoints != ABSENT))
        return found[0], found[1]

    def changed(self, direction: Direction) -> Indices:
        """The cells whose policies of one direction changed: only their connections can have changed."""
        if not self.same_pods:
            return np.arange(self.count)
        before, after = self.before.side(direction), self.after.side(direction)
        rows = np.stack((before.rows_of[self._endpoints[:, 0]], after.rows_of[self._endpoints[:, 1]]), axis=1)
        pairs, _, back = _unique_rows(rows.astype(np.int64))
        differ = np.array(
            [before.policies[one] != after.policies[other] for one, other in pairs.tolist()], dtype=bool
        )
        return np.flatnonzero(differ[back])

    def pods_of(self, cells: npt.NDArray[np.bool_]) -> list[PodRef]:
        """The pods in cells that are marked, by name."""
        return sorted(self.pods[number].ref for number in np.flatnonzero(cells[self.of_pod]).tolist())


def _pods(before: Reachability, after: Reachability) -> tuple[Pod, ...]:
    if before.population is after.population:
        return before.population.pods
    gone = (pod for pod in before.population.pods if pod.ref not in after.population.index)
    return (*after.population.pods, *gone)


def _endpoints(state: Reachability, pods: tuple[Pod, ...]) -> Indices:
    if pods is state.population.pods:
        return state.endpoints.unit_of_pod.astype(np.intp)
    numbers = np.array([state.population.index.get(pod.ref, ABSENT) for pod in pods], dtype=np.intp)
    found = np.full(len(pods), ABSENT, dtype=np.intp)
    there = numbers != ABSENT
    found[there] = state.endpoints.unit_of_pod[numbers[there]]
    return found


def _classes(state: Reachability, endpoints: Indices) -> Indices:
    return np.where(endpoints == ABSENT, ABSENT, state.class_of[endpoints])


def _ranges(before: Reachability, after: Reachability) -> tuple[list[Range], Indices]:
    """Outside cut where either state cuts it, each range with its endpoint in both; IPv6 if either speaks it."""
    starts = sorted({*before.endpoints.starts, *after.endpoints.starts})
    ipv6 = outside.speaks_ipv6(before) or outside.speaks_ipv6(after)
    numbered = [((first, following - 1), first) for first, following in zip(starts, [*starts[1:], END], strict=True)]
    kept = outside.families(numbered, ipv6=ipv6)
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
