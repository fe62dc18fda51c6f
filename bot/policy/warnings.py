"""What a policy does not do although it looks so, because of Services or of the nodes' own network.

Pods on the host network have their node's address: no policy isolates them, and no selector of a peer matches
them. Rules see pods after address translation: a rule about a Service's own address matches nothing, and
whoever comes through a NodePort or LoadBalancer with `externalTrafficPolicy: Cluster` arrives from a node's
address.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.policy.cluster_state import ClusterService, ClusterState
from bot.policy.reach.model import Address, Direction, IPBlock, Pod, PodPeer, Policy, Rule

MOST_NAMED = 3


def cautions(policy: Policy, found: ClusterState) -> tuple[str, ...]:
    """Warnings about one policy, in words."""
    return (
        *_not_isolated(policy, found),
        *_peers_on_nodes(policy, found),
        *_service_addresses(policy, found),
        *_hidden_sources(policy, found),
    )


def _not_isolated(policy: Policy, found: ClusterState) -> Iterator[str]:
    hosts = [
        pod
        for pod in _running(found)
        if pod.host_network and pod.namespace == policy.namespace and policy.pods.matches(pod.labels)
    ]
    if hosts:
        number = f"{len(hosts)} pods" if len(hosts) > 1 else "1 pod"
        yield f"it selects {number} on the host network ({_listed(hosts)}), which no policy isolates"


def _peers_on_nodes(policy: Policy, found: ClusterState) -> Iterator[str]:
    for direction, field in ((Direction.INGRESS, "from"), (Direction.EGRESS, "to")):
        for index, rule in enumerate(policy.rules(direction) or ()):
            for at, peer in enumerate(rule.peers):
                hosts = _only_on_nodes(peer, policy, found) if isinstance(peer, PodPeer) else []
                if hosts:
                    verb = "come from" if direction is Direction.INGRESS else "are reached at"
                    yield (
                        f"spec.{direction.lower()}[{index}].{field}[{at}] names only pods on the host network"
                        f" ({_listed(hosts)}): they {verb} their nodes' addresses: name those in an ipBlock"
                    )


def _only_on_nodes(peer: PodPeer, policy: Policy, found: ClusterState) -> list[Pod]:
    """The pods that a peer means, if all of them are on the host network."""
    spaces = peer.namespaces
    names = (
        {policy.namespace}
        if spaces is None
        else {each.name for each in found.cluster.namespaces if spaces.matches(each.labels)}
    )

    def meant(pod: Pod) -> bool:
        return pod.namespace in names and peer.pods.matches(pod.labels)

    hosts = [pod for pod in _running(found) if pod.host_network and meant(pod)]
    return hosts if hosts and not any(meant(pod) for pod in _running(found) if not pod.host_network) else []


def _running(found: ClusterState) -> Iterator[Pod]:
    return (pod for pod in found.cluster.pods if not pod.finished)


def _listed(pods: list[Pod]) -> str:
    return _some(sorted(str(pod.ref) for pod in pods))


def _service_addresses(policy: Policy, found: ClusterState) -> Iterator[str]:
    blocks = list(_blocks(policy.egress or ()))
    aimed = [
        service
        for service in found.services
        if any(
            address.version == block.cidr.version and _holds(block, address)
            for block in blocks
            for address in service.addresses
        )
    ]
    whole = any(block.cidr.prefixlen == 0 for block in blocks)  # everything: not about Services
    if aimed and not whole:
        yield (
            f"an egress ipBlock holds the address of {_named(aimed)}: policies see the pods behind a Service,"
            " never its own address, so name those pods"
        )


def _hidden_sources(policy: Policy, found: ClusterState) -> Iterator[str]:
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
        if service.namespace == policy.namespace
        and service.from_outside
        and not service.keeps_source
        and service.selector
        and any(service.selector.items() <= labels.items() for labels in selected)
    ]
    if hidden:
        yield (
            f"{_named(hidden)} has externalTrafficPolicy Cluster: who comes through it arrives from a node's"
            " address, so an ingress ipBlock of outside addresses does not match them"
        )


def _blocks(rules: tuple[Rule, ...]) -> Iterator[IPBlock]:
    return (peer for rule in rules for peer in rule.peers if isinstance(peer, IPBlock))


def _holds(block: IPBlock, address: Address) -> bool:
    return address in block.cidr and not any(address in each for each in block.excepts)


def _named(services: list[ClusterService]) -> str:
    names = [f"{each.namespace}/{each.name}" for each in services]
    return f"the Service{'s' if len(names) > 1 else ''} {_some(names)}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
