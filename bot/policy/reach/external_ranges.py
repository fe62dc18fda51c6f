"""Ranges of addresses outside the cluster: disjoint, and as large as the answers allow."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from bot.policy.reach.addresses import IPV6_START, Range
from bot.policy.reach.endpoints import blocks_of
from bot.policy.reach.engine import Reachability


def maximal(ranges: Iterable[tuple[Range, int]], alike: Callable[[int], Hashable]) -> list[tuple[Range, int]]:
    """Join neighbours whose numbers `alike` cannot tell apart; each result keeps its first number."""
    found: list[tuple[Range, int]] = []
    for (first, last), number in ranges:
        if found and first != IPV6_START and alike(found[-1][1]) == alike(number):
            found[-1] = ((found[-1][0][0], last), found[-1][1])
        else:
            found.append(((first, last), number))
    return found


def speaks_ipv6(reach: Reachability) -> bool:
    """Whether IPv6 is worth a line: a policy names an IPv6 block, or a pod has an IPv6 address."""
    return reach.population.has_ipv6 or any(
        block.cidr.version == 6 for block in blocks_of(reach.policies.values())
    )


def families(ranges: Iterable[tuple[Range, int]], *, ipv6: bool) -> list[tuple[Range, int]]:
    """All of them, or IPv4 only."""
    return [(found, number) for found, number in ranges if ipv6 or found[0] < IPV6_START]
