"""Addresses on one number line: all of IPv4 first, all of IPv6 after it.

Blocks with exceptions become ranges of it, so that membership is a comparison of numbers and both families
take the same way. No range crosses from one family into the other.
"""

from __future__ import annotations

import bisect
import ipaddress
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bot.policy.reach.model import Address, IPBlock, Network
from bot.policy.reach.partition import different

IPV6_START = 1 << 32
END = IPV6_START + (1 << 128)  # one beyond the last address
FAMILIES = (0, IPV6_START)

Range = tuple[int, int]  # first and last position; both belong to it
Indices = npt.NDArray[np.intp]


def position(address: Address) -> int:
    """Where an address lies on the line."""
    return int(address) + (IPV6_START if address.version == 6 else 0)


def address_at(place: int) -> Address:
    """The address at a position."""
    if place < IPV6_START:
        return ipaddress.IPv4Address(place)
    return ipaddress.IPv6Address(place - IPV6_START)


def text(found: Range) -> str:
    """`A-B`, also where both are the same address."""
    return f"{address_at(found[0])}-{address_at(found[1])}"


def ranges_of(block: IPBlock) -> tuple[Range, ...]:
    """The addresses of a block without its exceptions: sorted, disjoint ranges."""
    at, last = _span(block.cidr)
    found = []
    for first_out, last_out in sorted(map(_span, block.excepts)):
        if at < first_out:
            found.append((at, first_out - 1))
        at = max(at, last_out + 1)
    if at <= last:
        found.append((at, last))
    return tuple(found)


def _span(network: Network) -> Range:
    return position(network.network_address), position(network.broadcast_address)


class AddressIndex:
    """Which pods have an address in a range; a pod may have several addresses."""

    def __init__(self, addresses: Iterable[tuple[Address, int]], pods: int) -> None:
        self._count = pods
        found = sorted((position(address), pod) for address, pod in addresses)
        self._positions = [place for place, _ in found]
        self._pods = np.array([pod for _, pod in found], dtype=np.int32)

    def within(self, ranges: Sequence[Range]) -> Indices:
        """The pods, each once."""
        parts = []
        for first, last in ranges:
            start = bisect.bisect_left(self._positions, first)
            end = bisect.bisect_right(self._positions, last)
            if start < end:
                parts.append(self._pods[start:end])
        return different(np.concatenate(parts), self._count) if parts else np.empty(0, dtype=np.intp)
