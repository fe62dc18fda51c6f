"""Address ranges outside the cluster as answers show them: disjoint, and as large as the answers allow."""

from collections.abc import Callable, Hashable, Iterable

from bot.policy.reach.addresses import IPV6_START, Range
from bot.policy.reach.endpoints import blocks_of
from bot.policy.reach.engine import Reachability

NumberedRange = tuple[Range, int]


def merge_neighbours(ranges: Iterable[NumberedRange], key: Callable[[int], Hashable]) -> list[NumberedRange]:
    """Join neighbouring ranges whose numbers have the same key; a joined range keeps its first number."""
    merged: list[NumberedRange] = []
    for (first, last), number in ranges:
        if merged and first != IPV6_START and key(merged[-1][1]) == key(number):
            merged[-1] = ((merged[-1][0][0], last), merged[-1][1])
        else:
            merged.append(((first, last), number))
    return merged


def uses_ipv6(reach: Reachability) -> bool:
    """Whether a policy names an IPv6 block or a pod has an IPv6 address; otherwise answers show IPv4 only."""
    blocks = blocks_of(reach.policies.values())
    return reach.pod_index.has_ipv6 or any(block.cidr.version == 6 for block in blocks)


def of_families(ranges: Iterable[NumberedRange], *, ipv6: bool) -> list[NumberedRange]:
    """Return the ranges of both address families, or those of IPv4 only."""
    return [(bounds, number) for bounds, number in ranges if ipv6 or bounds[0] < IPV6_START]
