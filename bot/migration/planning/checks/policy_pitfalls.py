"""NetworkPolicies that will do something else than their authors think, once they are enforced.

Each finding is a mistake that nobody notices on a driver without policies: service addresses in blocks,
selectors with typos, peers on the host network, node ports and host ports behind rules that name pods only,
webhook backends and clients of the API server that are cut off. Lost DNS is found with the connections.
"""

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from bot.common.wording import count
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.cluster_ranges import ClusterRanges
from bot.migration.objects.fields import Object, Ref, containers_of, ref_of, spec_of
from bot.migration.objects.kinds import ADMISSION, WEBHOOKS, service_accounts, webhook_services
from bot.migration.planning.checks.connections import NAMED, POLICIES
from bot.migration.planning.findings import PlanFinding
from bot.policy.reach.addresses import address_at
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import IPBlock, Pod, PodPeer, Policy, Protocol
from bot.policy.reach.redundancy import dead_rules


@dataclasses.dataclass(frozen=True)
class _Network:
    """The source's objects, the computed network of the target, and the source's addresses."""

    inventory: Inventory
    after: Reachability
    ranges: ClusterRanges

    @cached_property
    def pods(self) -> list[Pod]:
        return [pod for pod in self.after.cluster.pods if not pod.finished]

    def behind(self, service: Ref, selector: Mapping[str, str]) -> list[Pod]:
        """Return the pods that the selector of a Service selects."""
        return [
            pod
            for pod in self.pods
            if pod.namespace == service.namespace and selector.items() <= pod.labels.items()
        ]

    def isolating(self, pod: Pod, *, egress: bool = False) -> list[Policy]:
        """Return the policies that isolate a pod for ingress, or for egress."""
        if pod.host_network:
            return []
        return [
            policy
            for policy in self.after.policies.values()
            if policy.namespace == pod.namespace
            and (policy.egress if egress else policy.ingress) is not None
            and policy.pods.matches(pod.labels)
        ]

    def is_cut(self, pod: Pod, ports: Iterable[Object], *, local: bool = False) -> bool:
        """Return whether policies keep a node from a Service's port on a pod.

        With `externalTrafficPolicy: Local` (`local`) the source of traffic is not a node but any address
        outside.
        """
        return bool(self.isolating(pod)) and not all(self._reaches(pod, port, local=local) for port in ports)

    def _reaches(self, pod: Pod, port: Object, *, local: bool) -> bool:
        if local:
            sources = [address_at(first) for first, _ in self.after.endpoints.ranges()]
        else:
            nodes = [ipaddress.ip_network(cidr, strict=False) for cidr in self.ranges.nodes]
            sources = [node.network_address for node in nodes]
        numbers, protocol = _target_ports(pod, port), Protocol(port.get("protocol", "TCP"))
        if not numbers or not sources:
            return True
        return any(
            self.after.connections(source, pod.ref).contains(protocol, number)
            for source in sources
            for number in numbers
        )


def _target_ports(pod: Pod, port: Object) -> list[int]:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return [target]
    return [container_port.number for container_port in pod.ports if container_port.name == target]


def check(inventory: Inventory, after: Reachability, ranges: ClusterRanges) -> Iterator[PlanFinding]:
    """Yield every pitfall that can be seen without traffic, for a target that enforces policies.

    `after` is the computed network of the target, `ranges` are the source's addresses.
    """
    network = _Network(inventory, after, ranges)
    yield from _services_from_outside(network)
    yield from _service_addresses(network)
    yield from _dead_selectors(network)
    yield from _host_network_peers(network)
    yield from _api_server_clients(network)
    yield from _webhook_backends(network)
    yield from _host_ports(network)


def _services_from_outside(network: _Network) -> Iterator[PlanFinding]:
    """Find node ports and load balancers whose traffic, which comes from a node, is not allowed."""
    for service in network.inventory.of("Service"):
        ref, spec = ref_of(service), spec_of(service)
        if spec.get("type") not in ("NodePort", "LoadBalancer") or not spec.get("selector"):
            continue
        local, ports = spec.get("externalTrafficPolicy") == "Local", spec.get("ports") or []
        cut = (
            pod for pod in network.behind(ref, spec["selector"]) if network.is_cut(pod, ports, local=local)
        )
        pod = next(cut, None)
        if pod is not None:
            policies = ", ".join(str(policy.ref) for policy in network.isolating(pod)[:NAMED])
            clients = "addresses outside" if local else "the nodes, from which its traffic comes"
            subnet = "the node subnet of the new cluster (health monitors come from it too)"
            yield POLICIES.warn(
                f"Service {ref.short} will not be reached from outside",
                why=f"{policies} allow no connection from {clients}",
                fix=(
                    "Allow an ipBlock with the addresses that may connect."
                    if local
                    else f"Allow an ipBlock: {subnet}"
                ),
                ref=ref,
            )


def _service_addresses(network: _Network) -> Iterator[PlanFinding]:
    """Find blocks of service addresses: rules see pods after address translation, and never match one."""
    for policy in network.after.policies.values():
        rules = [*(policy.ingress or ()), *(policy.egress or ())]
        for block in (peer for rule in rules for peer in rule.peers if isinstance(peer, IPBlock)):
            if network.ranges.describe(str(block.cidr)) == "a service address":
                yield POLICIES.warn(
                    f"NetworkPolicy {policy.ref} names the service address {block.cidr}",
                    why="rules see the pods behind a Service, so that this block matches nothing",
                    fix="Select the pods by their labels.",
                )


def _dead_selectors(network: _Network) -> Iterator[PlanFinding]:
    """Find policies that select no pod, and rules that allow nobody: typos, missing labels of namespaces."""
    for policy in network.after.policies.values():
        neighbours = [pod for pod in network.pods if pod.namespace == policy.namespace]
        if not any(policy.pods.matches(pod.labels) for pod in neighbours):
            yield POLICIES.warn(
                f"NetworkPolicy {policy.ref} selects no pod",
                why="its podSelector matches no running pod of the namespace",
                fix="Correct its labels, or remove it.",
            )
    for rule in dead_rules(network.after):
        yield POLICIES.warn(f"{rule.rule} allows nothing", why=rule.why, fix="Correct its selector or port.")


def _host_network_peers(network: _Network) -> Iterator[PlanFinding]:
    """Find peers on the host network: a rule that selects them by label does not match their traffic."""
    labels = {namespace.name: namespace.labels for namespace in network.after.cluster.namespaces}
    on_host = [pod for pod in network.pods if pod.host_network]
    for policy in network.after.policies.values():
        peers = [peer for rule in policy.ingress or () for peer in rule.peers if isinstance(peer, PodPeer)]
        owners = sorted(
            {
                str(pod.owner)
                for peer in peers
                for pod in on_host
                if _selects(peer, policy, pod, labels.get(pod.namespace, {}))
            }
        )
        if owners:
            yield POLICIES.warn(
                f"NetworkPolicy {policy.ref} allows pods on the host network by label",
                why=f"traffic of {', '.join(owners[:NAMED])} comes from the node's address",
                fix="Allow an ipBlock with the node subnet.",
            )


def _selects(peer: PodPeer, policy: Policy, pod: Pod, namespace_labels: Mapping[str, str]) -> bool:
    """Return whether a peer selects a pod by its labels; one without a pod selector means everybody."""
    if not peer.pods.requirements or not peer.pods.matches(pod.labels):
        return False
    if peer.namespaces is None:
        return pod.namespace == policy.namespace
    return peer.namespaces.matches(namespace_labels)


def _api_server_clients(network: _Network) -> Iterator[PlanFinding]:
    """Find pods whose account has rights, and that may no longer connect to the API server."""
    inventory, after = network.inventory, network.after
    endpoints = inventory.find("", "Endpoints", "default", "kubernetes") or {}
    servers = [
        (ipaddress.ip_address(address["ip"]), port["port"])
        for subset in endpoints.get("subsets") or []
        for address in subset.get("addresses") or []
        for port in subset.get("ports") or []
    ]
    bound = {account for binding in inventory.role_bindings() for account in service_accounts(binding)}
    clients = {
        ref_of(pod).short
        for pod in inventory.of("Pod")
        if (pod["metadata"]["namespace"], spec_of(pod).get("serviceAccountName", "default")) in bound
    }
    cut = sorted(
        {
            str(pod.owner)
            for pod in network.pods
            if str(pod.ref) in clients
            and servers
            and network.isolating(pod, egress=True)
            and not any(after.connections(pod.ref, ip).contains(Protocol.TCP, port) for ip, port in servers)
        }
    )
    if cut:
        yield POLICIES.warn(
            f"{count(len(cut), 'workload')} cannot ask the API server any more",
            why=", ".join(cut[:NAMED]),
            fix="Allow egress to the API server's addresses (ipBlock), TCP 6443.",
        )


def _webhook_backends(network: _Network) -> Iterator[PlanFinding]:
    """Find backends of webhooks that the API server, which calls them from a node, will not reach."""
    configurations = [
        obj for kind in sorted(WEBHOOKS, reverse=True) for obj in network.inventory.of(kind, ADMISSION)
    ]
    for configuration in configurations:
        for hook, called in webhook_services(configuration):
            if called and _is_backend_cut(network, called):
                yield POLICIES.warn(
                    f"webhook {hook['name']} will not be reached by the API server",
                    why=(
                        "its backend allows no connection from the control plane, and what it guards is"
                        " refused"
                    ),
                    fix="Allow an ipBlock with the control plane's addresses.",
                    ref=ref_of(configuration),
                )


def _is_backend_cut(network: _Network, called: Object) -> bool:
    service = network.inventory.find("", "Service", called["namespace"], called["name"])
    selector = spec_of(service or {}).get("selector")
    if service is None or not selector:
        return False
    number = called.get("port", 443)
    ports = [port for port in spec_of(service).get("ports") or [] if port["port"] == number]
    return any(network.is_cut(pod, ports) for pod in network.behind(ref_of(service), selector))


def _host_ports(network: _Network) -> Iterator[PlanFinding]:
    """Find isolated pods with host ports, which are reached through their node."""
    by_name = {str(pod.ref): pod for pod in network.pods}
    isolated = sorted(
        {
            str(pod.owner)
            for obj in network.inventory.of("Pod")
            if _has_host_port(obj)
            and (pod := by_name.get(ref_of(obj).short)) is not None
            and network.isolating(pod)
        }
    )
    if isolated:
        yield POLICIES.warn(
            f"{count(len(isolated), 'workload')} with host ports isolated",
            why=", ".join(isolated[:NAMED]),
            fix="Check that their clients are allowed by address.",
        )


def _has_host_port(pod: Object) -> bool:
    containers = containers_of(spec_of(pod))
    return any(port.get("hostPort") for container in containers for port in container.get("ports") or [])
