"""The allowed connections as rows: `SRC => DST : CONNECTIONS`, by workload or by pod."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np

from bot.policy.reach import addresses, external_ranges
from bot.policy.reach.aggregation import Classes, GroupLevel, Parties, own_nodes
from bot.policy.reach.connection_sets import EMPTY, FULL, Ids
from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability

__all__ = ["GroupLevel", "Row", "rows"]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One pair that may connect: `shop/cart[Deployment]` or `shop/cart-1`, or outside as a range `A-B`."""

    source: str
    destination: str
    connections: Connections

    def __str__(self) -> str:
        return f"{self.source} => {self.destination} : {self.connections}"


def rows(reach: Reachability, level: GroupLevel = GroupLevel.WORKLOAD) -> Iterator[Row]:
    """Every pair that may connect, sorted by source and destination.

    The connections of two workloads are the union over their pairs of pods. No row for a pod to itself, from
    outside to outside, or for pairs that may not connect at all.
    """
    return iter(_Listing(reach, level))


class _Listing:
    def __init__(self, reach: Reachability, level: GroupLevel) -> None:
        self._reach = reach
        self._classes = Classes(reach)
        self._parties = Parties(reach.population, self._classes.of_pod, level)
        self._own_nodes = own_nodes(reach.population, self._parties.of_pod)
        self._ranges = self._maximal_ranges() if self._parties.names else []
        names = [*self._parties.names, *(addresses.text(found) for found, _ in self._ranges)]
        self._order = sorted(range(len(names)), key=names.__getitem__)
        self._names = names

    def __iter__(self) -> Iterator[Row]:
        order = np.array(self._order, dtype=np.intp)
        for source in self._order:
            found = self._opened_by(source)[order]
            for at in np.flatnonzero(found).tolist():
                yield Row(self._names[source], self._names[self._order[at]], self._reach.sets[int(found[at])])

    def _opened_by(self, source: int) -> Ids:
        """What a party may open to each party and then to each range."""
        pods = len(self._parties.names)
        if source >= pods:
            by_class = self._classes.opened_by(self._ranges[source - pods][1])
            found = self._parties.fold(by_class, self._reach.sets)
            return np.concatenate((found, np.full(len(self._ranges), EMPTY, dtype=np.int32)))
        first, *others = (self._classes.opened_by(one) for one in self._parties.classes(source))
        by_class = functools.reduce(self._reach.sets.unions, others, first)
        found = self._parties.fold(by_class, self._reach.sets)
        found[source] = self._to_itself(source)
        found[list(self._own_nodes.get(source, ()))] = FULL
        return np.concatenate((found, by_class[[number for _, number in self._ranges]]))

    def _to_itself(self, party: int) -> int:
        """Between two different pods of one party."""
        classes = self._parties.classes(party)
        found = EMPTY
        for one in classes if not self._parties.alone(party) else ():
            opened = self._classes.opened_by(one)
            for other in classes:
                if one != other or self._parties.pods_in(party, one) > 1:
                    found = self._reach.sets.union(found, int(opened[other]))
        return found

    def _maximal_ranges(self) -> list[tuple[addresses.Range, int]]:
        """Neighbours are one range if no row would differ; each with the class that stands for it."""
        sets = self._reach.sets
        endpoints = self._reach.endpoints
        numbered = zip(endpoints.ranges(), self._classes.of_endpoint[endpoints.units :].tolist(), strict=True)

        @functools.cache
        def seen(one: int) -> tuple[bytes, bytes]:
            opened = self._parties.fold(self._classes.opened_by(one), sets)
            reached = self._parties.fold(self._classes.opened_to(one), sets)
            return opened.tobytes(), reached.tobytes()

        ranges = external_ranges.families(numbered, ipv6=external_ranges.speaks_ipv6(self._reach))
        return external_ranges.maximal(ranges, seen)
