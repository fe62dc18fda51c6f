"""The two ends that a connection can have: units of equal pods, and ranges of addresses outside.

A unit is a group of pods, or a part of one where an ipBlock of some policy tells the addresses of its pods
apart. Outside is cut at every end of every ipBlock and exception. Units are numbered first, then ranges.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from bot.policy.reach.addresses import END, FAMILIES, Range, ranges_of
from bot.policy.reach.label_index import Bits
from bot.policy.reach.model import IPBlock, Peer, Policy
from bot.policy.reach.partition import Partition, different, first_of_each
from bot.policy.reach.pod_index import Population, Ports

Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.intp]


class Endpoints:
    """The units and ranges of one state of the policies. Immutable."""

    def __init__(self, population: Population, unit_of_pod: Integers, units: int, starts: list[int]) -> None:
        self.population = population
        self.unit_of_pod = unit_of_pod
        self.units = units
        self.starts = starts  # first position of each range outside, sorted
        self.count = units + len(starts)
        self._group_of_unit = population.group_of_pod[first_of_each(unit_of_pod, units)]

    @classmethod
    def whole(cls, population: Population) -> Endpoints:
        """Before any ipBlock is looked at: units are groups, and outside is one range for each family."""
        return cls(population, population.group_of_pod, population.groups, list(FAMILIES))

    def split(self, blocks: Iterable[IPBlock]) -> tuple[Endpoints, Indices]:
        """Cut by more blocks. The second value gives, for each new endpoint, the old one that it is part
        of.
        """
        ranges = [ranges_of(block) for block in blocks]
        units = Partition.of(self.unit_of_pod)
        cuts = set(self.starts)
        for each in ranges:
            units.refine(self.population.within(each))
            cuts.update(end for first, last in each for end in (first, last + 1) if end < END)
        starts = sorted(cuts)
        made = Endpoints(self.population, units.ids, units.count, starts)
        old_units = self.unit_of_pod[units.representatives()]
        old_ranges = [self.units + bisect.bisect_right(self.starts, start) - 1 for start in starts]
        return made, np.concatenate((old_units, np.array(old_ranges, dtype=np.int32))).astype(np.intp)

    def selected(self, policy: Policy) -> Indices:
        """The units that a policy isolates."""
        return np.flatnonzero(self._by_unit(self.population.selected(policy)))

    def members(self, peers: Iterable[Peer], namespace: str) -> Indices:
        """The endpoints that any of these peers of a policy in `namespace` matches. Blocks were split by
        before.
        """
        found = np.zeros(self.count, dtype=bool)
        for peer in peers:
            if isinstance(peer, IPBlock):
                for first, last in ranges_of(peer):
                    start, end = (
                        bisect.bisect_left(self.starts, first),
                        bisect.bisect_right(self.starts, last),
                    )
                    found[self.units + start : self.units + end] = True
                found[self.unit_of_pod[self.population.within(ranges_of(peer))]] = True
            else:
                found[: self.units] |= self._by_unit(self.population.peers(peer, namespace))
        return np.flatnonzero(found)

    def by_ports(self, members: Indices) -> Iterator[tuple[Ports, Indices]]:
        """The units among `members`, parted by the named ports of their pods."""
        units = members[members < self.units]
        tables = self.population.ports_of_group[self._group_of_unit[units]]
        for table in different(tables, len(self.population.ports)).tolist():
            yield self.population.ports[table], units[tables == table]

    def ports(self, unit: int) -> Ports:
        """The named ports of the pods of a unit; none for a range outside."""
        if unit >= self.units:
            return frozenset()
        return self.population.ports[int(self.population.ports_of_group[self._group_of_unit[unit]])]

    def host_network(self) -> Bits:
        """One bit for each endpoint: whether it is pods on their node's network."""
        found = np.zeros(self.count, dtype=bool)
        found[: self.units] = self._by_unit(self.population.host_network)
        return found

    def range_at(self, place: int) -> int:
        """The endpoint that an address outside belongs to."""
        return self.units + bisect.bisect_right(self.starts, place) - 1

    def ranges(self) -> Iterator[Range]:
        """First and last position of each range outside, in order."""
        return ((first, following - 1) for first, following in itertools.pairwise((*self.starts, END)))

    def _by_unit(self, groups: Bits) -> Bits:
        """Units are numbered like groups, and parts of groups that were split off after them."""
        return np.concatenate((groups, groups[self._group_of_unit[self.population.groups :]]))


def blocks_of(policies: Iterable[Policy]) -> set[IPBlock]:
    """Every ipBlock that policies name."""
    return {
        peer
        for policy in policies
        for rule in (*(policy.ingress or ()), *(policy.egress or ()))
        for peer in rule.peers
        if isinstance(peer, IPBlock)
    }
