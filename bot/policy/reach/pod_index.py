"""What is fixed while policies change: the pods, their labels, ports and addresses, ready to be searched.

Pods with equal namespace, labels, named ports and host network form a group; a selector is answered once for
each group. Addresses are not part of it, because nearly every pod has its own: `endpoints` splits groups by
them, where an ipBlock does.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot.policy.reach.addresses import AddressIndex, Range, position
from bot.policy.reach.connections import Connections
from bot.policy.reach.label_index import Bits, LabelIndex
from bot.policy.reach.model import (
    ClusterModel,
    ContainerPort,
    LabelSelector,
    Namespace,
    Pod,
    PodPeer,
    PodRef,
    Policy,
    PortRule,
)

Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.intp]
Ports = frozenset[ContainerPort]
UNKNOWN = -1


class Population:
    """The running pods and the namespaces of a cluster."""

    def __init__(self, cluster: ClusterModel) -> None:
        self.cluster = cluster
        self._resolved: dict[tuple[tuple[PortRule, ...], Ports], Connections] = {}
        self.pods = tuple(pod for pod in cluster.pods if not pod.finished)
        self._addresses = AddressIndex(
            ((address, number) for number, pod in enumerate(self.pods) for address in pod.addresses),
            len(self.pods),
        )
        self._nodes = {position(address): node.name for node in cluster.nodes for address in node.addresses}
        self._name_namespaces(cluster)
        self._group_pods()

    def _name_namespaces(self, cluster: ClusterModel) -> None:
        namespaces = {namespace.name: namespace for namespace in cluster.namespaces}
        for pod in self.pods:
            if pod.namespace not in namespaces:
                namespaces[pod.namespace] = Namespace(pod.namespace)
        self._namespaces = {name: number for number, name in enumerate(namespaces)}
        self._namespace_labels = LabelIndex([namespace.labels for namespace in namespaces.values()])

    def _group_pods(self) -> None:
        groups: dict[object, int] = {}
        tables: dict[Ports, int] = {}
        members: list[Pod] = []
        found = np.empty(len(self.pods), dtype=np.int32)
        for number, pod in enumerate(self.pods):
            ports = frozenset(pod.ports)
            key = (pod.namespace, frozenset(pod.labels.items()), ports, pod.host_network)
            group = groups.setdefault(key, len(groups))
            if group == len(members):
                members.append(pod)
                tables.setdefault(ports, len(tables))
            found[number] = group
        self.group_of_pod: Integers = found
        self.groups = len(members)
        self.ports: tuple[Ports, ...] = tuple(tables)
        self.ports_of_group: Integers = np.array(
            [tables[frozenset(pod.ports)] for pod in members], dtype=np.int32
        )
        self.host_network: Bits = np.array([pod.host_network for pod in members], dtype=bool)
        self._labels = LabelIndex([pod.labels for pod in members])
        self._namespace_of_group = np.array(
            [self._namespaces[pod.namespace] for pod in members], dtype=np.int32
        )

    @functools.cached_property
    def index(self) -> dict[PodRef, int]:
        """The number of each pod."""
        return {pod.ref: number for number, pod in enumerate(self.pods)}

    @functools.cached_property
    def _pods_by_position(self) -> dict[int, PodRef]:
        return {
            position(address): pod.ref
            for pod in self.pods
            if not pod.host_network
            for address in pod.addresses
        }

    @functools.cached_property
    def has_ipv6(self) -> bool:
        """Whether a pod has an IPv6 address."""
        return any(address.version == 6 for pod in self.pods for address in pod.addresses)

    @functools.cached_property
    def hosts(self) -> Integers:
        """For each pod 1 if it is on its node's network, else 0."""
        return self.host_network[self.group_of_pod].astype(np.int32)

    @functools.cached_property
    def nodes(self) -> Integers:
        """For each pod the number of its node; -1 where that is not known."""
        numbers: dict[str, int] = {}
        found = [numbers.setdefault(pod.node, len(numbers)) if pod.node else UNKNOWN for pod in self.pods]
        return np.array(found, dtype=np.int32)

    @functools.cached_property
    def owners(self) -> tuple[list[str], Integers]:
        """The workloads by name, sorted, and for each pod the number of its workload."""
        return numbered([str(pod.owner) for pod in self.pods])

    def selected(self, policy: Policy) -> Bits:
        """The groups that a policy isolates: those of its namespace that it selects, without host network."""
        found: Bits = self._of_namespace(policy.namespace, policy.pods) & ~self.host_network
        return found

    def peers(self, peer: PodPeer, namespace: str) -> Bits:
        """The groups that a peer of a policy in `namespace` matches."""
        if peer.namespaces is None:
            found = self._of_namespace(namespace, peer.pods)
        else:
            namespaces = self._namespace_labels.select(peer.namespaces)
            found = self._labels.select(peer.pods)
            found &= namespaces[self._namespace_of_group]
        found &= ~self.host_network
        return found

    def _of_namespace(self, namespace: str, pods: LabelSelector) -> Bits:
        number = self._namespaces.get(namespace)
        if number is None:
            return np.zeros(self.groups, dtype=bool)
        found = self._labels.select(pods)
        found &= self._namespace_of_group == number
        return found

    def resolve(self, ports: tuple[PortRule, ...], container_ports: Ports) -> Connections:
        """As the function of this name; few different questions are asked very often."""
        key = (ports, container_ports)
        found = self._resolved.get(key)
        if found is None:
            found = self._resolved[key] = resolve(ports, container_ports)
        return found

    def within(self, ranges: Sequence[Range]) -> Indices:
        """The pods with an address in these ranges."""
        return self._addresses.within(ranges)

    def pod_at(self, place: int) -> PodRef | None:
        """The pod with this address, unless it is its node's."""
        return self._pods_by_position.get(place)

    def node_at(self, place: int) -> str:
        """The node with this address; empty if there is none."""
        return self._nodes.get(place, "")


def numbered(names: Sequence[str]) -> tuple[list[str], Integers]:
    """The different names, sorted, and for each of `names` its number there."""
    found = sorted(set(names))
    numbers = {name: number for number, name in enumerate(found)}
    return found, np.array([numbers[name] for name in names], dtype=np.int32)


def resolve(ports: Sequence[PortRule], container_ports: Ports) -> Connections:
    """The connections that entries of `ports` allow to a pod with these named ports."""
    return Connections.union(found for port in ports for found in _resolved(port, container_ports))


def _resolved(port: PortRule, container_ports: Ports) -> Iterator[Connections]:
    if port.port is None:
        yield Connections.of(port.protocol)
    elif isinstance(port.port, int):
        yield Connections.of(port.protocol, port.port, port.end_port or port.port)
    else:
        for each in container_ports:
            if each.name == port.port and each.protocol == port.protocol:
                yield Connections.of(port.protocol, each.number, each.number)
