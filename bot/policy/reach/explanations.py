"""Explains why a connection is allowed or not: which policies isolate its ends, which rules allow it."""

import dataclasses

from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Endpoint, Reachability
from bot.policy.reach.grants import GrantReader
from bot.policy.reach.model import Direction, PodRef, Policy, PolicyRef, Protocol


@dataclasses.dataclass(frozen=True, slots=True)
class RuleRef:
    """One rule; `index` counts the entries of `ingress` or `egress` from 0, as in the manifest."""

    policy: PolicyRef
    direction: Direction
    index: int

    def __str__(self) -> str:
        return f"{self.policy} spec.{self.direction.lower()}[{self.index}]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEnd:
    """One end of a connection: egress at the source, ingress at the destination.

    `exempt` says in words why no policy decides (host network, an address outside, a pod to itself, its own
    node), else it is empty. `isolated_by` are the policies that select the pod in this direction; without
    any, everything is allowed. `allowed_by` are those of their rules that allow this connection.
    """

    direction: Direction
    exempt: str = ""
    isolated_by: tuple[PolicyRef, ...] = ()
    allowed_by: tuple[RuleRef, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether this end allows the connection."""
        return bool(self.exempt) or not self.isolated_by or bool(self.allowed_by)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whether `source` may connect to `destination` on this port, both ends, and all that it may open.

    An address of a pod of the cluster has been replaced by that pod.
    """

    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int
    egress: ConnectionEnd
    ingress: ConnectionEnd
    connections: Connections

    @property
    def allowed(self) -> bool:
        """Whether both ends allow the connection."""
        return self.egress.allowed and self.ingress.allowed


def explain(
    reach: Reachability, source: Endpoint, destination: Endpoint, *, protocol: Protocol, port: int
) -> Explanation:
    """Explain one connection. Raises `KeyError` for a pod that does not exist or has finished."""
    source, destination = reach.canonical(source), reach.canonical(destination)
    connection = _Connection(reach, source, destination, protocol, port)
    return Explanation(
        source=source,
        destination=destination,
        protocol=protocol,
        port=port,
        egress=connection.end(Direction.EGRESS),
        ingress=connection.end(Direction.INGRESS),
        connections=reach.connections(source, destination),
    )


@dataclasses.dataclass(frozen=True)
class _Connection:
    reach: Reachability
    source: Endpoint
    destination: Endpoint
    protocol: Protocol
    port: int

    def end(self, direction: Direction) -> ConnectionEnd:
        subject = self.source if direction is Direction.EGRESS else self.destination
        exempt = self._exempt(subject)
        if exempt:
            return ConnectionEnd(direction=direction, exempt=exempt)
        policies = self.reach.table(direction).policies_of(self.reach.endpoint_number(subject))
        return ConnectionEnd(
            direction=direction,
            isolated_by=tuple(policy.ref for policy in policies),
            allowed_by=tuple(rule for policy in policies for rule in self._allowing(policy, direction)),
        )

    def _exempt(self, subject: Endpoint) -> str:
        if self.source == self.destination:
            return "a pod always reaches itself"
        if not isinstance(subject, PodRef):
            return "an address outside of the cluster has no policies"
        if self.reach.pod(subject).host_network:
            return "a pod on its node's network is not isolated by policies"
        if self.reach.is_own_node(self.source, self.destination):
            return "a node always reaches its own pods"
        return ""

    def _allowing(self, policy: Policy, direction: Direction) -> tuple[RuleRef, ...]:
        """The rules of a policy that allow the connection; a rule may have several grants that do."""
        peer = self.reach.endpoint_number(self.destination if direction is Direction.EGRESS else self.source)
        endpoints = self.reach.endpoints
        named_ports = endpoints.named_ports(self.reach.endpoint_number(self.destination))
        allowing = {
            grant.rule: None
            for grant in GrantReader(endpoints, direction).grants(policy)
            if (grant.peers is None or peer in grant.peers)
            and (grant.connections | endpoints.pod_index.resolve(grant.named_ports, named_ports)).contains(
                self.protocol, self.port
            )
        }
        return tuple(RuleRef(policy.ref, direction, index) for index in allowing)
