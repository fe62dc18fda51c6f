"""Parses the peers of a rule: selectors of pods and namespaces, and ipBlocks."""

import ipaddress
from typing import Any

from bot.policy.reach.field_errors import FieldErrors
from bot.policy.reach.model import EVERYTHING, IPBlock, Network, Peer, PodPeer
from bot.policy.reach.selector_parser import parse_selector

_PEER = frozenset({"podSelector", "namespaceSelector", "ipBlock"})
_BLOCK = frozenset({"cidr", "except"})


def parse_peer(value: Any, field: str, errors: FieldErrors) -> Peer | None:
    """Parse one entry of `from` or `to`; None if it is so wrong that it means no peer at all."""
    peer = errors.mapping(value, field, _PEER)
    pods, namespaces, block = (peer.get(key) for key in ("podSelector", "namespaceSelector", "ipBlock"))
    if pods is None and namespaces is None and block is None:
        errors.add(field, "needs a podSelector, a namespaceSelector or an ipBlock")
        return None
    if block is None:
        return PodPeer(
            EVERYTHING if pods is None else parse_selector(pods, f"{field}.podSelector", errors),
            None if namespaces is None else parse_selector(namespaces, f"{field}.namespaceSelector", errors),
        )
    if pods is not None or namespaces is not None:
        errors.add(field, "an ipBlock stands alone: put the selector into an entry of its own")
    return _parse_block(block, f"{field}.ipBlock", errors)


def _parse_block(value: Any, field: str, errors: FieldErrors) -> IPBlock | None:
    block = errors.mapping(value, field, _BLOCK)
    cidr = _parse_network(block.get("cidr"), f"{field}.cidr", errors)
    excepts = []
    for path, item in errors.items(block.get("except"), f"{field}.except"):
        network = _parse_network(item, path, errors)
        if cidr is None or network is None:
            continue
        if not _is_strictly_within(network, cidr):
            errors.add(path, f"{item} must lie within {block.get('cidr')} and be smaller")
        excepts.append(network)
    return None if cidr is None else IPBlock(cidr, tuple(excepts))


def _is_strictly_within(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and inner.prefixlen > outer.prefixlen
        and inner.network_address in outer
    )


def _parse_network(value: Any, field: str, errors: FieldErrors) -> Network | None:
    text = errors.text(value, field)
    if not text:
        if value is None or value == "":
            errors.add(field, "is required")
        return None
    address, slash, length = text.partition("/")
    try:
        if not slash or not length.isascii() or not length.isdigit() or "%" in address:
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        errors.add(field, f"{text!r} is not a block of addresses such as 10.0.0.0/8 or fd00::/8")
        return None
    if network.version == 6 and network.network_address.ipv4_mapped is not None:
        errors.add(field, f"{text!r} is an IPv4 block written as IPv6: write it as IPv4")
        return None
    return network
