"""Reads the peers of a rule: selectors of pods and namespaces, and blocks of addresses."""

from __future__ import annotations

import ipaddress
from typing import Any

from bot.policy.reach.field_errors import Mistakes
from bot.policy.reach.model import EVERYTHING, IPBlock, Network, Peer, PodPeer
from bot.policy.reach.selector_parser import selector

_PEER = frozenset({"podSelector", "namespaceSelector", "ipBlock"})
_BLOCK = frozenset({"cidr", "except"})


def peer(value: Any, field: str, mistakes: Mistakes) -> Peer | None:
    """Read one entry of `from` or `to`; None if it is wrong in a way that leaves nothing to keep."""
    given = mistakes.mapping(value, field, _PEER)
    pods, namespaces, block = (given.get(key) for key in ("podSelector", "namespaceSelector", "ipBlock"))
    if pods is None and namespaces is None and block is None:
        mistakes.add(field, "needs a podSelector, a namespaceSelector or an ipBlock")
        return None
    if block is None:
        return PodPeer(
            EVERYTHING if pods is None else selector(pods, f"{field}.podSelector", mistakes),
            None if namespaces is None else selector(namespaces, f"{field}.namespaceSelector", mistakes),
        )
    if pods is not None or namespaces is not None:
        mistakes.add(field, "an ipBlock stands alone: put the selector into an entry of its own")
    return _block(block, f"{field}.ipBlock", mistakes)


def _block(value: Any, field: str, mistakes: Mistakes) -> IPBlock | None:
    given = mistakes.mapping(value, field, _BLOCK)
    cidr = _network(given.get("cidr"), f"{field}.cidr", mistakes)
    excepts = []
    for path, item in mistakes.items(given.get("except"), f"{field}.except"):
        network = _network(item, path, mistakes)
        if cidr is None or network is None:
            continue
        if not _strictly_within(network, cidr):
            mistakes.add(path, f"{item} must lie within {given.get('cidr')} and be smaller")
        excepts.append(network)
    return None if cidr is None else IPBlock(cidr, tuple(excepts))


def _strictly_within(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and inner.prefixlen > outer.prefixlen
        and inner.network_address in outer
    )


def _network(value: Any, field: str, mistakes: Mistakes) -> Network | None:
    text = mistakes.text(value, field)
    if not text:
        if value is None or value == "":
            mistakes.add(field, "is required")
        return None
    address, slash, length = text.partition("/")
    try:
        if not slash or not length.isascii() or not length.isdigit() or "%" in address:
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        mistakes.add(field, f"{text!r} is not a block of addresses such as 10.0.0.0/8 or fd00::/8")
        return None
    if network.version == 6 and network.network_address.ipv4_mapped is not None:
        mistakes.add(field, f"{text!r} is an IPv4 block written as IPv6: write it as IPv4")
        return None
    return network
