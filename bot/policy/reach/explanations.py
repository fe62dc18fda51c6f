"""Why one connection is allowed, or is not: which policies isolate each end and which rules allow it."""

from __future__ import annotations

import dataclasses

from bot.policy.reach.connections import Connections
from bot.policy.reach.direction_table import Granting
from bot.policy.reach.engine import Endpoint, Reachability
from bot.policy.reach.model import Direction, PodRef, PolicyRef, Protocol
from bot.policy.reach.pod_index import resolve


@dataclasses.dataclass(frozen=True, slots=True)
class RuleRef:
    """One rule: `index` counts the entries of `ingress` or `egress` from 0, as in the manifest."""

    policy: PolicyRef
    direction: Direction
    index: int

    def __str__(self) -> str:
        return f"{self.policy} spec.{self.direction.lower()}[{self.index}]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class End:
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
    """Whether `source` may connect to `destination` on this port, both ends, and what else it may open.

    An address that a pod of the cluster has stands for that pod.
    """

    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int
    egress: End
    ingress: End
    connections: Connections

    @property
    def allowed(self) -> bool:
        """Both ends let it through."""
        return self.egress.allowed and self.ingress.allowed


def explain(
    reach: Reachability, source: Endpoint, destination: Endpoint, *, protocol: Protocol, port: int
) -> Explanation:
    """Explain one connection. Raises `KeyError` for a pod that is not there or has finished."""
    source, destination = reach.meant(source), reach.meant(destination)
    asked = _Asked(reach, source, destination, protocol, port)
    return Explanation(
        source=source,
        destination=destination,
        protocol=protocol,
        port=port,
        egress=asked.end(Direction.EGRESS),
        ingress=asked.end(Direction.INGRESS),
        connections=reach.connections(source, destination),
    )


@dataclasses.dataclass(frozen=True)
class _Asked:
    reach: Reachability
    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int

    def end(self, direction: Direction) -> End:
        subject = self.source if direction is Direction.EGRESS else self.destination
        exempt = self._exempt(subject)
        if exempt:
            return End(direction=direction, exempt=exempt)
        side = self.reach.side(direction)
        policies = side.policies[int(side.rows_of[self.reach.endpoint(subject)])]
        return End(
            direction=direction,
            isolated_by=tuple(policy.ref for policy in policies),
            allowed_by=tuple(rule for policy in policies for rule in self._allowing(policy.ref, direction)),
        )

    def _exempt(self, subject: Endpoint) -> str:
        if self.source == self.destination:
            return "a pod always reaches itself"
        if not isinstance(subject, PodRef):
            return "an address outside of the cluster has no policies"
        if self.reach.population.pods[self.reach.population.index[subject]].host_network:
            return "a pod on its node's network is not isolated by policies"
        if self.reach.own_node(self.source, self.destination):
            return "a node always reaches its own pods"
        return ""

    def _allowing(self, policy: PolicyRef, direction: Direction) -> tuple[RuleRef, ...]:
        peer = self.reach.endpoint(self.destination if direction is Direction.EGRESS else self.source)
        ports = self.reach.endpoints.ports(self.reach.endpoint(self.destination))
        granting = Granting(self.reach.endpoints, direction)
        allowing = {
            grant.rule: None
            for grant in granting.grants(self.reach.policies[policy])
            if (grant.members is None or peer in grant.members)
            and (grant.connections | resolve(grant.named, ports)).contains(self.protocol, self.port)
        }
        return tuple(RuleRef(policy, direction, index) for index in allowing)
