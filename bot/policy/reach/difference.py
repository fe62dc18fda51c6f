"""What changes between two states of a cluster: connections that close and open, isolation, and lost DNS."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from bot.policy.reach.aggregation import GroupLevel
from bot.policy.reach.arrays import AnyIndices, Indices
from bot.policy.reach.changes import ChangedPairs, ConnectionChange, merge_pairs
from bot.policy.reach.engine import Reachability
from bot.policy.reach.joint_classes import JointClasses
from bot.policy.reach.lost_dns import LostDns, find_lost_dns
from bot.policy.reach.model import Direction, PodRef

_ROWS_AT_ONCE = 64


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class IsolationChange:
    """A pod that policies begin or cease to isolate in one direction."""

    pod: PodRef
    direction: Direction


@dataclasses.dataclass(frozen=True)
class ReachDifference:
    """What changes between two states; pods and changes are sorted by name.

    `isolated` are the pods that policies begin to isolate, `released` those that they cease to isolate.
    """

    isolated: tuple[IsolationChange, ...]
    released: tuple[IsolationChange, ...]
    loses_dns: tuple[LostDns, ...]
    _pairs: ChangedPairs = dataclasses.field(repr=False)

    @functools.cached_property
    def changes(self) -> Sequence[ConnectionChange]:
        """The changes pair by pair, sorted by source and destination; built when they are first asked for."""
        return merge_pairs(self._pairs)

    @property
    def nothing_changes(self) -> bool:
        """Whether no connection opens or closes; pods may still have become isolated to no effect."""
        return not len(self._pairs.sources)


def compare_states(
    before: Reachability, after: Reachability, level: GroupLevel = GroupLevel.WORKLOAD
) -> ReachDifference:
    """Compare two states; `level` says whether a change is about workloads or about pods.

    Pods are the same if their namespace and name are; a pod that only one state has, has no connections in
    the other. It is fast where `after` came from `before` by `with_policy` or `without_policy`.
    """
    classes = JointClasses(before, after, level)
    isolated, released = _changed_isolation(classes)
    return ReachDifference(isolated, released, find_lost_dns(classes), _changed_pairs(classes))


def _changed_pairs(classes: JointClasses) -> ChangedPairs:
    """Find every pair of joint classes of which a connection changes.

    Only a pair with a class whose policies changed can be one, so that few rows and columns are compared.
    """
    every = np.arange(classes.count)
    sources = classes.with_changed_policies(Direction.EGRESS)
    destinations = classes.with_changed_policies(Direction.INGRESS)
    other_sources = np.setdiff1d(every, sources) if len(destinations) else every[:0]
    parts = [
        _differing_pairs(classes, rows[at : at + _ROWS_AT_ONCE], columns)
        for rows, columns in ((sources, every), (other_sources, destinations))
        for at in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    return ChangedPairs.of(classes, parts)


def _differing_pairs(
    classes: JointClasses, sources: Indices, destinations: Indices
) -> tuple[AnyIndices, ...]:
    """Return source, destination, number before and number after of each pair that differs."""
    before, after = classes.connections(sources, destinations)
    differ = before != after
    first_range = classes.pod_class_count
    differ &= ~((sources >= first_range)[:, None] & (destinations >= first_range)[None, :])
    rows, columns = np.nonzero(differ)
    return sources[rows], destinations[columns], before[rows, columns], after[rows, columns]


def _changed_isolation(
    classes: JointClasses,
) -> tuple[tuple[IsolationChange, ...], tuple[IsolationChange, ...]]:
    isolated: list[IsolationChange] = []
    released: list[IsolationChange] = []
    for direction in Direction:
        before, after = classes.isolated(direction)
        isolated += (IsolationChange(pod.ref, direction) for pod in classes.pods_in(after & ~before))
        released += (IsolationChange(pod.ref, direction) for pod in classes.pods_in(before & ~after))
    return tuple(sorted(isolated)), tuple(sorted(released))
