"""An index of what stays the same while policies change: the running pods, their labels, ports and addresses.

Pods with equal namespace, labels, named ports and hostNetwork form a pod group, and a selector is evaluated
once for each group. Addresses do not define a group, because nearly every pod has its own: `endpoints` splits
groups by address where an ipBlock does.
"""

import functools
from collections.abc import Sequence

import numpy as np

from bot.policy.reach.addresses import AddressIndex, Range, position
from bot.policy.reach.arrays import Indices, Mask, Numbers
from bot.policy.reach.connections import Connections, NamedPorts, resolve_ports
from bot.policy.reach.label_index import LabelIndex
from bot.policy.reach.model import (
    ClusterModel,
    LabelSelector,
    Namespace,
    Pod,
    PodPeer,
    PodRef,
    Policy,
    PortRule,
)

NO_NODE = -1


class PodIndex:
    """The running pods and the namespaces of a cluster. Pods and pod groups are numbered from 0."""

    def __init__(self, cluster: ClusterModel) -> None:
        self.cluster = cluster
        self._resolved: dict[tuple[tuple[PortRule, ...], NamedPorts], Connections] = {}
        self.pods = tuple(pod for pod in cluster.pods if not pod.finished)
        self._addresses = AddressIndex(
            ((address, number) for number, pod in enumerate(self.pods) for address in pod.addresses),
            len(self.pods),
        )
        self._nodes = {position(address): node.name for node in cluster.nodes for address in node.addresses}
        self._index_namespaces(cluster)
        self._group_pods()

    def _index_namespaces(self, cluster: ClusterModel) -> None:
        namespaces = {namespace.name: namespace for namespace in cluster.namespaces}
        for pod in self.pods:
            if pod.namespace not in namespaces:
                namespaces[pod.namespace] = Namespace(pod.namespace)
        self._namespaces = {name: number for number, name in enumerate(namespaces)}
        self._namespace_labels = LabelIndex([namespace.labels for namespace in namespaces.values()])

    def _group_pods(self) -> None:
        groups: dict[object, int] = {}
        port_sets: dict[NamedPorts, int] = {}
        first_pods: list[Pod] = []  # of each group
        group_of_pod = np.empty(len(self.pods), dtype=np.int32)
        for number, pod in enumerate(self.pods):
            ports = frozenset(pod.ports)
            key = (pod.namespace, frozenset(pod.labels.items()), ports, pod.host_network)
            group = groups.setdefault(key, len(groups))
            if group == len(first_pods):
                first_pods.append(pod)
                port_sets.setdefault(ports, len(port_sets))
            group_of_pod[number] = group
        self.group_of_pod: Numbers = group_of_pod
        self.group_count = len(first_pods)
        self.port_sets: tuple[NamedPorts, ...] = tuple(port_sets)
        ports_of_groups = [port_sets[frozenset(pod.ports)] for pod in first_pods]
        self.port_set_of_group: Numbers = np.array(ports_of_groups, dtype=np.int32)
        self.host_network: Mask = np.array([pod.host_network for pod in first_pods], dtype=bool)
        self._labels = LabelIndex([pod.labels for pod in first_pods])
        namespaces = [self._namespaces[pod.namespace] for pod in first_pods]
        self._namespace_of_group = np.array(namespaces, dtype=np.int32)

    @functools.cached_property
    def number_of(self) -> dict[PodRef, int]:
        """The number of each pod by its name."""
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
        """Whether any pod has an IPv6 address."""
        return any(address.version == 6 for pod in self.pods for address in pod.addresses)

    @functools.cached_property
    def host_network_of_pod(self) -> Numbers:
        """For each pod 1 if it is on its node's network, else 0."""
        return self.host_network[self.group_of_pod].astype(np.int32)

    @functools.cached_property
    def node_of_pod(self) -> Numbers:
        """For each pod the number of its node; `NO_NODE` where it is not known."""
        numbers: dict[str, int] = {}
        nodes = [numbers.setdefault(pod.node, len(numbers)) if pod.node else NO_NODE for pod in self.pods]
        return np.array(nodes, dtype=np.int32)

    @functools.cached_property
    def workloads(self) -> tuple[list[str], Numbers]:
        """The names of the workloads, sorted, and for each pod the number of its workload."""
        return number_names([str(pod.owner) for pod in self.pods])

    def selected_by(self, policy: Policy) -> Mask:
        """Return the groups that a policy isolates: those it selects that are not on the host network."""
        selected: Mask = self._in_namespace(policy.namespace, policy.pods) & ~self.host_network
        return selected

    def matching(self, peer: PodPeer, namespace: str) -> Mask:
        """Return the groups that a peer of a policy in `namespace` matches."""
        if peer.namespaces is None:
            groups = self._in_namespace(namespace, peer.pods)
        else:
            namespaces = self._namespace_labels.select(peer.namespaces)
            groups = self._labels.select(peer.pods)
            groups &= namespaces[self._namespace_of_group]
        groups &= ~self.host_network
        return groups

    def _in_namespace(self, namespace: str, pods: LabelSelector) -> Mask:
        number = self._namespaces.get(namespace)
        if number is None:
            return np.zeros(self.group_count, dtype=bool)
        groups = self._labels.select(pods)
        groups &= self._namespace_of_group == number
        return groups

    def resolve(self, ports: tuple[PortRule, ...], named_ports: NamedPorts) -> Connections:
        """Do what `connections.resolve_ports` does, and remember it: few arguments occur, and very often."""
        key = (ports, named_ports)
        connections = self._resolved.get(key)
        if connections is None:
            connections = self._resolved[key] = resolve_ports(ports, named_ports)
        return connections

    def pods_within(self, ranges: Sequence[Range]) -> Indices:
        """Return the pods with an address in any of these ranges."""
        return self._addresses.pods_within(ranges)

    def pod_at(self, place: int) -> PodRef | None:
        """Return the pod with this address, unless it is the address of its node."""
        return self._pods_by_position.get(place)

    def node_at(self, place: int) -> str:
        """Return the name of the node with this address; empty if there is none."""
        return self._nodes.get(place, "")


def number_names(names: Sequence[str]) -> tuple[list[str], Numbers]:
    """Return the distinct names, sorted, and for each element of `names` its number there."""
    distinct_names = sorted(set(names))
    numbers = {name: number for number, name in enumerate(distinct_names)}
    return distinct_names, np.array([numbers[name] for name in names], dtype=np.int32)
