"""The ends that a connection can have: pod endpoints, and ranges of addresses outside the cluster.

A pod endpoint is a pod group, or the part of one whose addresses an ipBlock of some policy tells apart from
the others. The addresses outside are cut at both ends of every ipBlock and of every exception. Pod endpoints
are numbered first, external ranges after them.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from bot.policy.reach.addresses import END, FAMILIES, Range, ranges_of
from bot.policy.reach.arrays import Indices, Mask, distinct
from bot.policy.reach.connections import NamedPorts
from bot.policy.reach.model import IPBlock, Peer, Policy
from bot.policy.reach.partition import Partition
from bot.policy.reach.pod_index import PodIndex


class Endpoints:
    """The endpoints for one set of ipBlocks. Immutable.

    `of_pod` gives the endpoint of each pod, `range_starts` the first position of each external range, sorted.
    `count` is the number of all endpoints, `pod_endpoint_count` that of the pod endpoints.
    """

    def __init__(self, pod_index: PodIndex, pods: Partition, range_starts: list[int]) -> None:
        self.pod_index = pod_index
        self.of_pod = pods.class_of
        self.pod_endpoint_count = pods.count
        self.range_starts = range_starts
        self.count = pods.count + len(range_starts)
        self._group_of_endpoint = pod_index.group_of_pod[pods.representatives()]

    @classmethod
    def unsplit(cls, pod_index: PodIndex) -> Endpoints:
        """Return the endpoints without any ipBlock: the pod groups, and one range for each address family."""
        return cls(pod_index, Partition(pod_index.group_of_pod), list(FAMILIES))

    def split(self, blocks: Iterable[IPBlock]) -> tuple[Endpoints, Indices]:
        """Split by more blocks; also return for each new endpoint the old one that it is a part of."""
        pods = Partition(self.of_pod)
        starts = set(self.range_starts)
        for ranges in map(ranges_of, blocks):
            pods.refine(self.pod_index.pods_within(ranges))
            starts.update(end for first, last in ranges for end in (first, last + 1) if end < END)
        range_starts = sorted(starts)
        endpoints = Endpoints(self.pod_index, pods, range_starts)
        pod_parents = self.of_pod[pods.representatives()]
        range_parents = np.array([self.range_endpoint(start) for start in range_starts], dtype=np.int32)
        return endpoints, np.concatenate((pod_parents, range_parents)).astype(np.intp)

    def selected_by(self, policy: Policy) -> Indices:
        """Return the pod endpoints that a policy isolates."""
        return np.flatnonzero(self._by_endpoint(self.pod_index.selected_by(policy)))

    def matching(self, peers: Iterable[Peer], namespace: str) -> Indices:
        """Return the endpoints that any of these peers of a policy in `namespace` matches.

        The endpoints must have been split by the ipBlocks among the peers.
        """
        matched = np.zeros(self.count, dtype=bool)
        for peer in peers:
            if isinstance(peer, IPBlock):
                for first, last in ranges_of(peer):
                    start = bisect.bisect_left(self.range_starts, first)
                    end = bisect.bisect_right(self.range_starts, last)
                    matched[self.pod_endpoint_count + start : self.pod_endpoint_count + end] = True
                matched[self.of_pod[self.pod_index.pods_within(ranges_of(peer))]] = True
            else:
                pods = self._by_endpoint(self.pod_index.matching(peer, namespace))
                matched[: self.pod_endpoint_count] |= pods
        return np.flatnonzero(matched)

    def split_by_named_ports(self, members: Indices) -> Iterator[tuple[NamedPorts, Indices]]:
        """Yield the pod endpoints among `members`, grouped by the named ports of their pods."""
        pods = members[members < self.pod_endpoint_count]
        port_sets = self.pod_index.port_set_of_group[self._group_of_endpoint[pods]]
        for port_set in distinct(port_sets, len(self.pod_index.port_sets)).tolist():
            yield self.pod_index.port_sets[port_set], pods[port_sets == port_set]

    def named_ports(self, endpoint: int) -> NamedPorts:
        """Return the named ports of the pods of an endpoint; none for an external range."""
        if endpoint >= self.pod_endpoint_count:
            return frozenset()
        group = self._group_of_endpoint[endpoint]
        return self.pod_index.port_sets[int(self.pod_index.port_set_of_group[group])]

    def range_endpoint(self, place: int) -> int:
        """Return the external range that an address belongs to, by its position."""
        return self.pod_endpoint_count + bisect.bisect_right(self.range_starts, place) - 1

    def ranges(self) -> Iterator[Range]:
        """Yield the first and last position of each external range, in order."""
        return ((first, following - 1) for first, following in itertools.pairwise((*self.range_starts, END)))

    def _by_endpoint(self, groups: Mask) -> Mask:
        """Pod endpoints are numbered like pod groups; parts that were split off come after all groups."""
        return np.concatenate((groups, groups[self._group_of_endpoint[self.pod_index.group_count :]]))


def blocks_of(policies: Iterable[Policy]) -> set[IPBlock]:
    """Return every ipBlock that policies name."""
    return {
        peer
        for policy in policies
        for rule in (*(policy.ingress or ()), *(policy.egress or ()))
        for peer in rule.peers
        if isinstance(peer, IPBlock)
    }
