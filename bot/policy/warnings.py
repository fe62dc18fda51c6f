"""Warns of what a policy does not do although it looks so, because of Services or of the host network.

Pods on the host network have the address of their node: no policy isolates them, and no selector of a peer
matches them. Rules see connections after address translation: a rule about the address of a Service matches
nothing, and a client that comes through a NodePort or LoadBalancer with `externalTrafficPolicy: Cluster`
arrives from the address of a node.
"""

from collections.abc import Iterator

from bot.common.wording import first_names
from bot.policy.cluster_state import ClusterService, ClusterState
from bot.policy.reach.model import Address, Direction, IPBlock, Pod, PodPeer, Policy, Rule

MOST_NAMED = 3


def find_warnings(policy: Policy, state: ClusterState) -> tuple[str, ...]:
    """Return what a person should know about one policy, in sentences."""
    pods = [pod for pod in state.cluster.pods if not pod.finished]
    return (
        *_selected_hosts(policy, pods),
        *_host_network_peers(policy, state, pods),
        *_service_addresses(policy, state),
        *_hidden_sources(policy, state, pods),
    )


def _selected_hosts(policy: Policy, pods: list[Pod]) -> Iterator[str]:
    hosts = [pod for pod in pods if pod.host_network and policy.selects(pod)]
    if hosts:
        number = f"{len(hosts)} pods" if len(hosts) > 1 else "1 pod"
        yield f"it selects {number} on the host network ({_name_pods(hosts)}), which no policy isolates"


def _host_network_peers(policy: Policy, state: ClusterState, pods: list[Pod]) -> Iterator[str]:
    for direction, field, verb in (
        (Direction.INGRESS, "from", "come from"),
        (Direction.EGRESS, "to", "are reached at"),
    ):
        for index, rule in enumerate(policy.rules(direction) or ()):
            for at, peer in enumerate(rule.peers):
                members = _members(peer, policy, state, pods) if isinstance(peer, PodPeer) else []
                if members and all(pod.host_network for pod in members):
                    yield (
                        f"spec.{direction.lower()}[{index}].{field}[{at}] names only pods on the host network"
                        f" ({_name_pods(members)}): they {verb} their nodes' addresses: name those in an"
                        " ipBlock"
                    )


def _members(peer: PodPeer, policy: Policy, state: ClusterState, pods: list[Pod]) -> list[Pod]:
    """The pods whose labels match a peer, those on the host network included."""
    selector = peer.namespaces
    namespaces = (
        {policy.namespace}
        if selector is None
        else {namespace.name for namespace in state.cluster.namespaces if selector.matches(namespace.labels)}
    )
    return [pod for pod in pods if pod.namespace in namespaces and peer.pods.matches(pod.labels)]


def _service_addresses(policy: Policy, state: ClusterState) -> Iterator[str]:
    blocks = list(_blocks(policy.egress or ()))
    if any(block.cidr.prefixlen == 0 for block in blocks):
        return  # a rule about everything is not about Services
    services = [
        service
        for service in state.services
        if any(_contains(block, address) for block in blocks for address in service.addresses)
    ]
    if services:
        yield (
            f"an egress ipBlock holds the address of {_name_services(services)}: policies see the pods behind"
            " a Service, never its own address, so name those pods"
        )


def _hidden_sources(policy: Policy, state: ClusterState, pods: list[Pod]) -> Iterator[str]:
    if all(block.cidr.prefixlen == 0 for block in _blocks(policy.ingress or ())):
        return
    selected = [pod.labels for pod in pods if policy.selects(pod)]
    services = [
        service
        for service in state.services
        if service.namespace == policy.namespace
        and service.from_outside
        and not service.keeps_source
        and service.selector
        and any(service.selector.items() <= labels.items() for labels in selected)
    ]
    if services:
        yield (
            f"{_name_services(services)} has externalTrafficPolicy Cluster: who comes through it arrives from"
            " a node's address, so an ingress ipBlock of outside addresses does not match them"
        )


def _blocks(rules: tuple[Rule, ...]) -> Iterator[IPBlock]:
    return (peer for rule in rules for peer in rule.peers if isinstance(peer, IPBlock))


def _contains(block: IPBlock, address: Address) -> bool:
    return address in block.cidr and not any(address in network for network in block.excepts)


def _name_pods(pods: list[Pod]) -> str:
    return first_names(sorted(str(pod.ref) for pod in pods), MOST_NAMED)


def _name_services(services: list[ClusterService]) -> str:
    names = [f"{service.namespace}/{service.name}" for service in services]
    return f"the Service{'s' if len(names) > 1 else ''} {first_names(names, MOST_NAMED)}"
