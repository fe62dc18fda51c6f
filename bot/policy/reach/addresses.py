"""IP addresses on one number line: all of IPv4 first, all of IPv6 after it.

A block with exceptions becomes a few ranges of positions on this line, so that membership is a comparison of
numbers and both address families take the same path. No range crosses from one family into the other.
"""

import bisect
import contextlib
import ipaddress
from collections.abc import Iterable, Sequence

import numpy as np

from bot.policy.reach.arrays import Indices, distinct
from bot.policy.reach.model import Address, IPBlock, Network

IPV6_START = 1 << 32
END = IPV6_START + (1 << 128)  # one beyond the last address
FAMILIES = (0, IPV6_START)  # where each address family starts

Range = tuple[int, int]  # first and last position, both inclusive


def position(address: Address) -> int:
    """Return where an address lies on the line."""
    return int(address) + (IPV6_START if address.version == 6 else 0)


def address_at(place: int) -> Address:
    """Return the address at a position."""
    if place < IPV6_START:
        return ipaddress.IPv4Address(place)
    return ipaddress.IPv6Address(place - IPV6_START)


def parse_addresses(texts: Iterable[object]) -> tuple[Address, ...]:
    """Return the addresses among these texts; what is not one, such as a host name, is passed over."""
    addresses = []
    for text in texts:
        with contextlib.suppress(ValueError):
            addresses.append(ipaddress.ip_address(str(text)))
    return tuple(addresses)


def format_range(bounds: Range) -> str:
    """Write a range as `A-B`, also where both are the same address."""
    return f"{address_at(bounds[0])}-{address_at(bounds[1])}"


def ranges_of(block: IPBlock) -> tuple[Range, ...]:
    """Return the addresses of a block without its exceptions, as sorted and disjoint ranges."""
    start, last = _bounds(block.cidr)
    ranges = []
    for first_excepted, last_excepted in sorted(map(_bounds, block.excepts)):
        if start < first_excepted:
            ranges.append((start, first_excepted - 1))
        start = max(start, last_excepted + 1)
    if start <= last:
        ranges.append((start, last))
    return tuple(ranges)


def _bounds(network: Network) -> Range:
    return position(network.network_address), position(network.broadcast_address)


class AddressIndex:
    """Finds the pods with an address in a range; a pod may have several addresses."""

    def __init__(self, addresses: Iterable[tuple[Address, int]], pod_count: int) -> None:
        self._pod_count = pod_count
        pods_by_position = sorted((position(address), pod) for address, pod in addresses)
        self._positions = [place for place, _ in pods_by_position]
        self._pods = np.array([pod for _, pod in pods_by_position], dtype=np.int32)

    def pods_within(self, ranges: Sequence[Range]) -> Indices:
        """Return the numbers of the pods with an address in any of these ranges, each once."""
        parts = []
        for first, last in ranges:
            start = bisect.bisect_left(self._positions, first)
            end = bisect.bisect_right(self._positions, last)
            if start < end:
                parts.append(self._pods[start:end])
        return distinct(np.concatenate(parts), self._pod_count) if parts else np.empty(0, dtype=np.intp)
