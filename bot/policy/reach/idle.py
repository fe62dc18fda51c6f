"""Rules that allow nothing and policies that change nothing: what a typing mistake in a policy looks like."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from bot.policy.reach.difference import difference
from bot.policy.reach.engine import Reachability
from bot.policy.reach.explanations import RuleRef
from bot.policy.reach.model import Direction, Policy, PolicyRef, PortRule, Rule
from bot.policy.reach.pod_index import resolve


@dataclasses.dataclass(frozen=True, slots=True)
class DeadRule:
    """A rule, or one entry of its `from` or `to`, that allows nothing, and why.

    `peer` is the index of that entry; None if it is the whole rule.
    """

    rule: RuleRef
    peer: int | None
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class IdlePolicy:
    """A policy without which every allowed connection would be the same, and why."""

    policy: PolicyRef
    why: str


def dead_rules(reach: Reachability, policies: Iterable[PolicyRef] | None = None) -> tuple[DeadRule, ...]:
    """The rules and peers that select nothing, of these policies or of all. Raises `KeyError` for one
    unknown.
    """
    chosen = sorted(reach.policies) if policies is None else policies
    return tuple(dead for ref in chosen for dead in _dead(reach, reach.policies[ref]))


def idle_policies(reach: Reachability, policies: Iterable[PolicyRef] | None = None) -> tuple[IdlePolicy, ...]:
    """The policies that change nothing, of these or of all: each is judged with all others in place.

    Each costs a `difference` of its own, some milliseconds. Raises `KeyError` for a policy that is not there.
    """
    found = []
    for ref in sorted(reach.policies) if policies is None else policies:
        if not len(reach.endpoints.selected(reach.policies[ref])):
            found.append(IdlePolicy(ref, "it selects no pod"))
        elif difference(reach.without_policy(ref), reach).nothing_changes:
            found.append(IdlePolicy(ref, "without it every connection would be the same"))
    return tuple(found)


def _dead(reach: Reachability, policy: Policy) -> Iterator[DeadRule]:
    for direction in Direction:
        for index, rule in enumerate(policy.rules(direction) or ()):
            ref = RuleRef(policy.ref, direction, index)
            empty = [
                at
                for at, one in enumerate(rule.peers)
                if not len(reach.endpoints.members((one,), policy.namespace))
            ]
            if rule.peers and len(empty) == len(rule.peers):
                yield DeadRule(ref, None, "no pod and no address matches its peers")
                continue
            yield from (DeadRule(ref, at, "no pod matches it") for at in empty)
            if rule.ports and not _any_port(reach, policy, direction, rule):
                names = ", ".join(sorted({str(port.port) for port in rule.ports}))
                yield DeadRule(
                    ref, None, f"no pod that it is about has a port called {names} of that protocol"
                )


def _any_port(reach: Reachability, policy: Policy, direction: Direction, rule: Rule) -> bool:
    """Whether some destination of a rule has one of its ports; a number is a port of everyone."""
    named: list[PortRule] = [port for port in rule.ports if isinstance(port.port, str)]
    if len(named) < len(rule.ports):
        return True
    if direction is Direction.INGRESS:
        destinations = reach.endpoints.selected(policy)
    elif rule.peers:
        destinations = reach.endpoints.members(rule.peers, policy.namespace)
    else:
        destinations = np.arange(reach.endpoints.count)
    return any(resolve(named, ports) for ports, _ in reach.endpoints.by_ports(destinations))
