"""What the rules of a policy grant: which connections to which peers."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from bot.policy.reach.arrays import Indices
from bot.policy.reach.connections import ALL, Connections, resolve_ports
from bot.policy.reach.endpoints import Endpoints
from bot.policy.reach.model import Direction, Peer, Policy, PortRule, Rule


@dataclasses.dataclass(frozen=True, slots=True)
class RuleGrant:
    """What one rule grants: these connections to these peers.

    `rule` is the index of the rule. `peers` are endpoints, or columns of a `DirectionTable` once it has
    numbered them; None is everyone. `named_ports` are granted too: the subject, which for ingress is the
    destination, decides which connections they are.
    """

    rule: int
    connections: Connections
    peers: Indices | None
    named_ports: tuple[PortRule, ...] = ()


class GrantReader:
    """Reads the rules of one direction as grants; remembers the endpoints of peers that rules share."""

    def __init__(self, endpoints: Endpoints, direction: Direction) -> None:
        self._endpoints = endpoints
        self._direction = direction
        self._peers: dict[tuple[str, tuple[Peer, ...]], Indices] = {}

    def grants(self, policy: Policy) -> Iterator[RuleGrant]:
        """Yield what the rules of a policy grant, in their order."""
        for index, rule in enumerate(policy.rules(self._direction) or ()):
            peers = self._peers_of(rule, policy.namespace)
            named = tuple(port for port in rule.ports if isinstance(port.port, str))
            connections = _numbered_ports(rule)
            if not named or self._direction is Direction.INGRESS:
                yield RuleGrant(index, connections, peers, named)
                continue
            if connections:
                yield RuleGrant(index, connections, peers)
            for resolved, destinations in self._resolve_at_peers(named, peers):
                yield RuleGrant(index, resolved, destinations)

    def _peers_of(self, rule: Rule, namespace: str) -> Indices | None:
        if not rule.peers:
            return None
        key = (namespace, rule.peers)
        peers = self._peers.get(key)
        if peers is None:
            peers = self._peers[key] = self._endpoints.matching(rule.peers, namespace)
        return peers

    def _resolve_at_peers(
        self, named: tuple[PortRule, ...], peers: Indices | None
    ) -> Iterator[tuple[Connections, Indices]]:
        """The peers of egress are the destinations, so port names are resolved for each kind of them."""
        destinations = np.arange(self._endpoints.count) if peers is None else peers
        for named_ports, members in self._endpoints.split_by_named_ports(destinations):
            connections = self._endpoints.pod_index.resolve(named, named_ports)
            if connections:
                yield connections, members


def _numbered_ports(rule: Rule) -> Connections:
    if not rule.ports:
        return ALL
    return resolve_ports([port for port in rule.ports if not isinstance(port.port, str)], frozenset())
