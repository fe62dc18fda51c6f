"""Why one connection is allowed, or is not: which policies isolate each end and which rules allow it."""

from __future__ import annotations

import dataclasses

from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Endpoint, Reachability
from bot.policy.reach.model import Direction, PolicyRef, Protocol


@dataclasses.dataclass(frozen=True, slots=True)
class RuleRef:
    """One rule: `index` counts the entries of `ingress` or `egress` from 0, as in the manifest."""

    policy: PolicyRef
    direction: Direction
    index: int

    def __str__(self) -> str:
        return f"{self.policy} spec.{self.direction.lower()}[{self.index}]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One end of a connection: egress at the source, ingress at the destination.

    `exempt` says in words why no policy is asked (host network, an address outside, a pod to itself, its own
    node), else empty. `isolated_by` are the policies that select the pod in this direction; without any,
    everything is allowed. `allowed_by` are the rules of theirs that allow this connection.
    """

    direction: Direction
    exempt: str = ""
    isolated_by: tuple[PolicyRef, ...] = ()
    allowed_by: tuple[RuleRef, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether this end lets the connection through."""
        return bool(self.exempt) or not self.isolated_by or bool(self.allowed_by)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whether `source` may connect to `destination` on this port, both ends, and what else it may open."""

    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int
    egress: Side
    ingress: Side
    connections: Connections

    @property
    def allowed(self) -> bool:
        """Both ends let it through."""
        return self.egress.allowed and self.ingress.allowed


def explain(
    reach: Reachability, source: Endpoint, destination: Endpoint, *, protocol: Protocol, port: int
) -> Explanation:
    """Explain one connection. Raises `KeyError` for a pod that is not there or has finished."""
    raise NotImplementedError
