"""A second implementation of NetworkPolicy semantics: slow, and simple enough to be checked by reading.

It takes the manifests as they are written (no defaulting done before), one pair, one protocol and one port at
a time, and shares no code with the engine but the values that describe pods. Sentences in quotes are from the
documentation of NetworkPolicy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.reach.model import ClusterModel, Pod

Manifest = Mapping[str, Any]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
End = Pod | Address


def allowed(
    cluster: ClusterModel,
    manifests: Iterable[Manifest],
    source: End,
    destination: End,
    protocol: str,
    port: int,
) -> bool:
    """Whether one connection is allowed."""
    if isinstance(source, Pod) and isinstance(destination, Pod) and _same(source, destination):
        return True  # "Pods cannot block access to themselves"
    if isinstance(destination, Pod) and _is_node_of(cluster, source, destination):
        return True  # "traffic to and from the node where a Pod is running is always allowed"
    policies = list(manifests)
    return _lets(cluster, policies, "Egress", source, destination, destination, protocol, port) and _lets(
        cluster, policies, "Ingress", destination, source, destination, protocol, port
    )


def _same(pod: Pod, other: Pod) -> bool:
    return (pod.namespace, pod.name) == (other.namespace, other.name)


def _is_node_of(cluster: ClusterModel, source: End, destination: Pod) -> bool:
    if not destination.node:
        return False
    if isinstance(source, Pod):
        return source.host_network and source.node == destination.node
    return any(node.name == destination.node and source in node.addresses for node in cluster.nodes)


def _lets(
    cluster: ClusterModel,
    policies: list[Manifest],
    direction: str,
    subject: End,
    peer: End,
    destination: End,
    protocol: str,
    port: int,
) -> bool:
    if not isinstance(subject, Pod) or subject.host_network:
        return True
    isolating = [policy for policy in policies if isolates(policy, direction, subject)]
    if not isolating:
        return True
    section, side = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for policy in isolating:
        for rule in policy["spec"].get(section) or []:
            peers, ports = rule.get(side) or [], rule.get("ports") or []
            matches_peer = not peers or any(matches(cluster, policy, entry, peer) for entry in peers)
            matches_port = not ports or any(
                _matches_port(entry, destination, protocol, port) for entry in ports
            )
            if matches_peer and matches_port:
                return True
    return False


def isolates(policy: Manifest, direction: str, pod: Pod) -> bool:
    """Whether a policy selects a pod and is about this direction."""
    spec = policy.get("spec") or {}
    types = list(spec.get("policyTypes") or [])
    if not types:
        types = ["Ingress"]
        if spec.get("egress"):
            types.append("Egress")
    return (
        direction in types
        and (policy["metadata"].get("namespace") or "default") == pod.namespace
        and selects(spec.get("podSelector") or {}, pod.labels)
        and not pod.host_network
    )


def matches(cluster: ClusterModel, policy: Manifest, peer: Manifest, end: End) -> bool:
    """Whether one entry of `from` or `to` matches."""
    if peer.get("ipBlock"):
        addresses = end.addresses if isinstance(end, Pod) else (end,)
        return any(_in_block(peer["ipBlock"], address) for address in addresses)
    if not isinstance(end, Pod) or end.host_network:
        return False
    if peer.get("podSelector") is not None and not selects(peer["podSelector"], end.labels):
        return False
    if peer.get("namespaceSelector") is None:
        return end.namespace == (policy["metadata"].get("namespace") or "default")
    return selects(peer["namespaceSelector"], _namespace_labels(cluster, end.namespace))


def _namespace_labels(cluster: ClusterModel, name: str) -> dict[str, str]:
    for namespace in cluster.namespaces:
        if namespace.name == name:
            return {**namespace.labels, "kubernetes.io/metadata.name": name}
    return {"kubernetes.io/metadata.name": name}


def _in_block(block: Manifest, address: Address) -> bool:
    def inside(cidr: str) -> bool:
        return address in ipaddress.ip_network(cidr, strict=False)

    return inside(block["cidr"]) and not any(inside(cidr) for cidr in block.get("except") or [])


def _matches_port(entry: Manifest, destination: End, protocol: str, port: int) -> bool:
    if (entry.get("protocol") or "TCP") != protocol:
        return False
    name_or_number = entry.get("port")
    if name_or_number is None:
        return True
    if isinstance(name_or_number, str):
        return isinstance(destination, Pod) and any(
            named.name == name_or_number and named.protocol == protocol and named.number == port
            for named in destination.ports
        )
    return bool(name_or_number <= port <= (entry.get("endPort") or name_or_number))


def selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], expression.get("values") or []
        matched = {
            "In": key in labels and labels[key] in values,
            "NotIn": key not in labels or labels[key] not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }[expression["operator"]]
        if not matched:
            return False
    return True


def probe_ports(pods: Iterable[Pod], manifests: Iterable[Manifest]) -> list[int]:
    """Every number that occurs, one below, one above, and the ends of the range."""
    numbers = {1, 65535}
    for pod in pods:
        numbers.update(port.number for port in pod.ports)
    for policy in manifests:
        spec = policy.get("spec") or {}
        for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]:
            for entry in rule.get("ports") or []:
                numbers.update(
                    port for port in (entry.get("port"), entry.get("endPort")) if isinstance(port, int)
                )
    around = {number + step for number in numbers for step in (-1, 0, 1)}
    return sorted(number for number in around if 1 <= number <= 65535)


def probe_addresses(
    cluster: ClusterModel, manifests: Iterable[Manifest], *, of_pods: bool = False
) -> list[Address]:
    """First and last address of every block and exception, one before and one after; ends of both families.

    With `of_pods` also those that are addresses of pods, which stand for themselves and not for the pods.
    """
    addresses: set[Address] = set()
    networks = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    for policy in manifests:
        spec = policy.get("spec") or {}
        for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]:
            for peer in [*(rule.get("from") or []), *(rule.get("to") or [])]:
                block = peer.get("ipBlock") or {}
                cidrs = [block["cidr"], *(block.get("except") or [])] if block else []
                networks += [ipaddress.ip_network(cidr, strict=False) for cidr in cidrs]
    for network in networks:
        kind = type(network.network_address)
        for number in (
            int(network.network_address) - 1,
            int(network.network_address),
            int(network.broadcast_address),
            int(network.broadcast_address) + 1,
        ):
            if 0 <= number < 1 << network.max_prefixlen:
                addresses.add(kind(number))
    pods = {address for pod in cluster.pods if not pod.host_network for address in pod.addresses}
    return sorted(
        addresses if of_pods else addresses - pods, key=lambda address: (address.version, int(address))
    )
