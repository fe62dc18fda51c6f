"""What a policy does not do although it looks so, because of Services.

Rules see pods after address translation: a rule about a Service's own address matches nothing, and whoever
comes through a NodePort or LoadBalancer with `externalTrafficPolicy: Cluster` arrives from a node's address.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.policy.reach.model import Address, IPBlock, Policy, Rule
from bot.policy.reading import Service, Snapshot

MOST_NAMED = 3


def cautions(policy: Policy, found: Snapshot) -> tuple[str, ...]:
    """Warnings about one policy, in words."""
    return (*_service_addresses(policy, found), *_hidden_sources(policy, found))


def _service_addresses(policy: Policy, found: Snapshot) -> Iterator[str]:
    blocks = list(_blocks(policy.egress or ()))
    aimed = [
        service
        for service in found.services
        if any(address.version == block.cidr.version and _holds(block, address) for block in blocks for address in service.addresses)
    ]  # fmt: skip
    whole = any(block.cidr.prefixlen == 0 for block in blocks)  # everything: not about Services
    if aimed and not whole:
        yield (
            f"an egress ipBlock holds the address of {_named(aimed)}: policies see the pods behind a Service, never its"
            " own address, so name those pods"
        )


def _hidden_sources(policy: Policy, found: Snapshot) -> Iterator[str]:
    blocks = [block for block in _blocks(policy.ingress or ()) if block.cidr.prefixlen > 0]
    if not blocks:
        return
    selected = [
        pod.labels
        for pod in found.cluster.pods
        if pod.namespace == policy.namespace and not pod.finished and policy.pods.matches(pod.labels)
    ]
    hidden = [
        service
        for service in found.services
        if service.namespace == policy.namespace and service.from_outside and not service.keeps_source and service.selector
        and any(service.selector.items() <= labels.items() for labels in selected)
    ]  # fmt: skip
    if hidden:
        yield (
            f"{_named(hidden)} has externalTrafficPolicy Cluster: who comes through it arrives from a node's address, so an"
            " ingress ipBlock of outside addresses does not match them"
        )


def _blocks(rules: tuple[Rule, ...]) -> Iterator[IPBlock]:
    return (peer for rule in rules for peer in rule.peers if isinstance(peer, IPBlock))


def _holds(block: IPBlock, address: Address) -> bool:
    return address in block.cidr and not any(address in each for each in block.excepts)


def _named(services: list[Service]) -> str:
    names = [f"{each.namespace}/{each.name}" for each in services]
    shown = ", ".join(names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"the Service{'s' if len(names) > 1 else ''} {shown}{more}"
