"""What changes between two states of a cluster: connections that close and open, and what that means."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability
from bot.policy.reach.explaining import RuleRef
from bot.policy.reach.model import Direction, PodRef, PolicyRef


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What closes and what opens from one workload (or range `A-B` outside) to another.

    `source` and `destination` as in `listing.Row`. `closes` and `opens` are unions over pairs of pods;
    `source_pods` and `destination_pods` count the pods of which some pair changes (0 for an outside range).
    """

    source: str
    destination: str
    closes: Connections
    opens: Connections
    source_pods: int
    destination_pods: int


@dataclasses.dataclass(frozen=True, slots=True)
class Isolation:
    """A pod that policies begin or cease to isolate in one direction."""

    pod: PodRef
    direction: Direction


@dataclasses.dataclass(frozen=True, slots=True)
class DeadRule:
    """A rule that allows nothing, and why: its peers match nobody, or no pod has its named port."""

    rule: RuleRef
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class IdlePolicy:
    """A policy without which every allowed connection would be the same, and why."""

    policy: PolicyRef
    why: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changes. `changes` is sorted by source and destination; pods by name."""

    changes: Sequence[Change]
    isolated: tuple[Isolation, ...]
    released: tuple[Isolation, ...]
    loses_dns: tuple[PodRef, ...]  # could ask the cluster's DNS pods on UDP or TCP 53 before, and none of them after

    @property
    def nothing_changes(self) -> bool:
        """No connection opens or closes; pods may still have become isolated to no effect."""
        return not self.changes

    @property
    def closes(self) -> int:
        """How many pairs lose connections."""
        raise NotImplementedError

    @property
    def opens(self) -> int:
        """How many pairs gain connections."""
        raise NotImplementedError


def difference(before: Reachability, after: Reachability) -> Difference:
    """Compare two states; fast where `after` came from `before` by `with_policy` or `without_policy`.

    Pods are the same if their namespace and name are; a pod that is in one state only has no connections in
    the other.
    """
    raise NotImplementedError


def dead_rules(reach: Reachability, policies: Iterable[PolicyRef] | None = None) -> tuple[DeadRule, ...]:
    """The rules that allow nothing, of these policies or of all."""
    raise NotImplementedError


def idle_policies(reach: Reachability, policies: Iterable[PolicyRef] | None = None) -> tuple[IdlePolicy, ...]:
    """The policies that change nothing, of these or of all: each is judged with all others in place."""
    raise NotImplementedError
