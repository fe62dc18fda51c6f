"""Rules that allow nothing and policies that change nothing: what a typing mistake in a policy looks like."""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from bot.policy.reach.difference import compare_states
from bot.policy.reach.engine import Reachability
from bot.policy.reach.explanations import RuleRef
from bot.policy.reach.model import Direction, Policy, PolicyRef, Rule


@dataclasses.dataclass(frozen=True, slots=True)
class DeadRule:
    """A rule, or one entry of its `from` or `to`, that allows nothing, and why.

    `peer` is the index of that entry; None if it is the whole rule.
    """

    rule: RuleRef
    peer: int | None
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class RedundantPolicy:
    """A policy without which every allowed connection would be the same, and why."""

    policy: PolicyRef
    why: str


def dead_rules(reach: Reachability, policies: Iterable[PolicyRef] | None = None) -> tuple[DeadRule, ...]:
    """Return the rules and peers that match nothing, of these policies or of all.

    Raises `KeyError` for a policy that does not exist.
    """
    refs = sorted(reach.policies) if policies is None else policies
    return tuple(dead for ref in refs for dead in _dead_rules_of(reach, reach.policies[ref]))


def redundant_policies(
    reach: Reachability, policies: Iterable[PolicyRef] | None = None
) -> tuple[RedundantPolicy, ...]:
    """Return the policies that change nothing, of these or of all; each is judged with all others in place.

    Each of them takes a `difference` of its own, some milliseconds. Raises `KeyError` for a policy that does
    not exist.
    """
    redundant = []
    for ref in sorted(reach.policies) if policies is None else policies:
        if not len(reach.endpoints.selected_by(reach.policies[ref])):
            redundant.append(RedundantPolicy(ref, "it selects no pod"))
        elif compare_states(reach.without_policy(ref), reach).nothing_changes:
            redundant.append(RedundantPolicy(ref, "without it every connection would be the same"))
    return tuple(redundant)


def _dead_rules_of(reach: Reachability, policy: Policy) -> Iterator[DeadRule]:
    for direction in Direction:
        for index, rule in enumerate(policy.rules(direction) or ()):
            ref = RuleRef(policy.ref, direction, index)
            dead_peers = [
                at
                for at, peer in enumerate(rule.peers)
                if not len(reach.endpoints.matching((peer,), policy.namespace))
            ]
            if rule.peers and len(dead_peers) == len(rule.peers):
                yield DeadRule(ref, None, "no pod and no address matches its peers")
                continue
            yield from (DeadRule(ref, at, "no pod matches it") for at in dead_peers)
            if rule.ports and not _matches_any_port(reach, policy, direction, rule):
                names = ", ".join(sorted({str(port.port) for port in rule.ports}))
                why = f"no pod that it is about has a port called {names} of that protocol"
                yield DeadRule(ref, None, why)


def _matches_any_port(reach: Reachability, policy: Policy, direction: Direction, rule: Rule) -> bool:
    """Whether some destination of a rule has one of its ports. Every destination has any port number."""
    named = tuple(port for port in rule.ports if isinstance(port.port, str))
    if len(named) < len(rule.ports):
        return True
    if direction is Direction.INGRESS:
        destinations = reach.endpoints.selected_by(policy)
    elif rule.peers:
        destinations = reach.endpoints.matching(rule.peers, policy.namespace)
    else:
        destinations = np.arange(reach.endpoints.count)
    port_sets = (named_ports for named_ports, _ in reach.endpoints.split_by_named_ports(destinations))
    return any(reach.pod_index.resolve(named, named_ports) for named_ports in port_sets)
