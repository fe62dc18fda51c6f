"""What changes between two states of a cluster: connections that close and open, and what that means."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.policy.reach.aggregation import GroupLevel
from bot.policy.reach.changes import ConnectionChange, Pairs, changes_of
from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability
from bot.policy.reach.joint_classes import Cells
from bot.policy.reach.model import Direction, Pod, PodRef, Protocol

DNS_NAMESPACE, DNS_LABEL, DNS_PORT = "kube-system", ("k8s-app", "kube-dns"), 53
_ROWS_AT_ONCE = 64


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Isolation:
    """A pod that policies begin or cease to isolate in one direction."""

    pod: PodRef
    direction: Direction


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class LostDns:
    """A pod that could ask one of the cluster's DNS pods on port 53 of these protocols, and no longer can."""

    pod: PodRef
    protocols: tuple[Protocol, ...]


@dataclasses.dataclass(frozen=True)
class ReachDifference:
    """What changes. Pods and changes are sorted by name."""

    isolated: tuple[Isolation, ...]
    released: tuple[Isolation, ...]
    loses_dns: tuple[LostDns, ...]
    _pairs: Pairs = dataclasses.field(repr=False)

    @functools.cached_property
    def changes(self) -> Sequence[ConnectionChange]:
        """Pair by pair, sorted by source and destination; built when it is first asked for."""
        return changes_of(self._pairs)

    @property
    def nothing_changes(self) -> bool:
        """No connection opens or closes; pods may still have become isolated to no effect."""
        return not len(self._pairs.sources)

    @property
    def closes(self) -> int:
        """How many pairs of workloads (or ranges outside) lose connections."""
        return sum(1 for change in self.changes if change.closes)

    @property
    def opens(self) -> int:
        """How many pairs of workloads (or ranges outside) gain connections."""
        return sum(1 for change in self.changes if change.opens)


def difference(
    before: Reachability, after: Reachability, level: GroupLevel = GroupLevel.WORKLOAD
) -> ReachDifference:
    """Compare two states; fast where `after` came from `before` by `with_policy` or `without_policy`.

    `level` says what a change is about.

    Pods are the same if their namespace and name are; a pod that is in one state only has no connections in
    the other.
    """
    cells = Cells(before, after, level)
    isolated, released = _isolation(cells)
    return ReachDifference(isolated, released, _lost_dns(cells), _changed_pairs(cells))


def _changed_pairs(cells: Cells) -> Pairs:
    """Every pair of cells of which some connection changes. Only cells with other policies can have one."""
    every = np.arange(cells.count)
    sources = cells.changed(Direction.EGRESS)
    others = np.setdiff1d(every, sources)
    parts = [
        _compare(cells, sources[at : at + _ROWS_AT_ONCE], every)
        for at in range(0, len(sources), _ROWS_AT_ONCE)
    ]
    destinations = cells.changed(Direction.INGRESS)
    parts += [
        _compare(cells, others[at : at + _ROWS_AT_ONCE], destinations)
        for at in range(0, len(others) if len(destinations) else 0, _ROWS_AT_ONCE)
    ]
    return Pairs.of(cells, parts)


def _compare(
    cells: Cells, sources: npt.NDArray[np.intp], destinations: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.integer], ...]:
    """Source, destination, number before and number after of each pair that differs."""
    found, changed = cells.connections(sources, destinations)
    differ = found != changed
    outside = (sources >= cells.inside)[:, None] & (destinations >= cells.inside)[None, :]
    differ &= ~outside
    rows, columns = np.nonzero(differ)
    return sources[rows], destinations[columns], found[rows, columns], changed[rows, columns]


def _isolation(cells: Cells) -> tuple[tuple[Isolation, ...], tuple[Isolation, ...]]:
    begun: list[Isolation] = []
    ended: list[Isolation] = []
    for direction in Direction:
        before, after = cells.isolated(direction)
        begun += (Isolation(pod.ref, direction) for pod in cells.pods_of(after & ~before))
        ended += (Isolation(pod.ref, direction) for pod in cells.pods_of(before & ~after))
    return tuple(sorted(begun)), tuple(sorted(ended))


def _lost_dns(cells: Cells) -> tuple[LostDns, ...]:
    """A DNS pod itself, and a host-network pod on the node of one, always have an answer."""
    servers = [
        number for number, pod in enumerate(cells.pods) if pod.namespace == DNS_NAMESPACE and _serves_dns(pod)
    ]
    nodes = {cells.pods[number].node for number in servers} - {""}
    if not servers:
        return ()
    before, after = cells.connections(np.arange(cells.inside), np.unique(cells.of_pod[servers]))
    lost: dict[PodRef, tuple[Protocol, ...]] = {}
    for protocol in (Protocol.TCP, Protocol.UDP):
        asks = cells.before.sets.having(functools.partial(_asks, protocol=protocol))
        could, can = np.any(asks[before], axis=1), np.any(asks[after], axis=1)
        for pod in cells.pods_of(np.logical_and(could, np.logical_not(can))):
            there = pod.ref in cells.after.population.index
            if there and not _serves_dns(pod) and not (pod.host_network and pod.node in nodes):
                lost[pod.ref] = (*lost.get(pod.ref, ()), protocol)
    return tuple(sorted(LostDns(pod, protocols) for pod, protocols in lost.items()))


def _asks(connections: Connections, *, protocol: Protocol) -> bool:
    return connections.contains(protocol, DNS_PORT)


def _serves_dns(pod: Pod) -> bool:
    key, value = DNS_LABEL
    return pod.namespace == DNS_NAMESPACE and pod.labels.get(key) == value
