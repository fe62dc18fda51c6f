"""Policies that will do something else than their authors think, once they are enforced.

Each flag is a mistake that nobody notices on a driver without policies: node ports behind pod-only rules,
service addresses in blocks, selectors with typos, peers on the host network, host ports, webhook backends.
Lost DNS is told with the connections.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from bot.common.wording import count
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, ref_of, spec_of
from bot.migration.objects.transforms.transform import ClusterRanges
from bot.migration.planning.connection_changes import ABOUT
from bot.migration.planning.findings import PlanFinding, warn
from bot.policy.reach.addresses import address_at
from bot.policy.reach.engine import Reachability
from bot.policy.reach.idle import dead_rules
from bot.policy.reach.model import IPBlock, Pod, PodPeer, Policy, Protocol

NAMED = 5


def pitfalls(inventory: Inventory, after: Reachability, ranges: ClusterRanges) -> Iterable[PlanFinding]:
    """Everything of section 9 that can be seen without traffic, for a target that enforces policies."""
    pods = [pod for pod in after.cluster.pods if not pod.finished]
    yield from _behind_nodes(inventory, after, pods, ranges)
    yield from _blocks(after, ranges)
    yield from _selectors(after, pods)
    yield from _host_network_peers(after, pods)
    yield from _api_server(inventory, after, pods)
    yield from _webhooks(inventory, after, pods, ranges)
    yield from _host_ports(inventory, after, pods)


def _isolating(pod: Pod, after: Reachability, *, egress: bool = False) -> list[Policy]:
    if pod.host_network:
        return []
    return [
        policy
        for policy in after.policies.values()
        if policy.namespace == pod.namespace
        and (policy.egress if egress else policy.ingress) is not None
        and policy.pods.matches(pod.labels)
    ]


def _behind_nodes(
    inventory: Inventory, after: Reachability, pods: list[Pod], ranges: ClusterRanges
) -> Iterator[PlanFinding]:
    """(b) Node ports and load balancers: with externalTrafficPolicy Cluster the source is a node."""
    for service in inventory.of("Service"):
        ref, spec = ref_of(service), spec_of(service)
        if spec.get("type") not in ("NodePort", "LoadBalancer") or not spec.get("selector"):
            continue
        local = spec.get("externalTrafficPolicy") == "Local"
        for pod in _selected(pods, ref.namespace, spec["selector"]):
            isolated = _isolating(pod, after)
            if isolated and not all(
                _reached(after, pod, port, ranges, local=local) for port in spec.get("ports") or []
            ):
                who = "addresses outside" if local else "the nodes, from which its traffic comes"
                yield warn(
                    ABOUT,
                    f"Service {ref.short} will not be reached from outside",
                    why=(
                        f"{', '.join(str(policy.ref) for policy in isolated[:NAMED])} allow no connection"
                        f" from {who}"
                    ),
                    fix=(
                        "Allow an ipBlock: the node subnet of the new cluster (health monitors come from it"
                        " too)"
                        if not local
                        else "Allow an ipBlock with the addresses that may connect."
                    ),
                    ref=ref,
                )
                break


def _selected(pods: list[Pod], namespace: str, selector: dict[str, str]) -> list[Pod]:
    return [
        pod
        for pod in pods
        if pod.namespace == namespace and all(pod.labels.get(key) == value for key, value in selector.items())
    ]


def _reached(after: Reachability, pod: Pod, port: Object, ranges: ClusterRanges, *, local: bool) -> bool:
    """Whether a node (or, for Local, any address outside) may open a Service's port on a pod."""
    numbers = _target_ports(pod, port)
    protocol = Protocol(port.get("protocol", "TCP"))
    sources = (
        [address_at(first) for first, _ in after.endpoints.ranges()] if local else _addresses(ranges.nodes)
    )
    if not numbers or not sources:
        return True
    return any(
        after.connections(source, pod.ref).contains(protocol, number)
        for source in sources
        for number in numbers
    )


def _addresses(texts: Iterable[str]) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    return [ipaddress.ip_network(text, strict=False).network_address for text in texts]


def _target_ports(pod: Pod, port: Object) -> list[int]:
    wanted = port.get("targetPort", port["port"])
    return [wanted] if isinstance(wanted, int) else [each.number for each in pod.ports if each.name == wanted]


def _blocks(after: Reachability, ranges: ClusterRanges) -> Iterator[PlanFinding]:
    """(c) Rules see pods after address translation: a block of service addresses never matches."""
    for policy in after.policies.values():
        for block in _ip_blocks(policy):
            if ranges.what(str(block.cidr)) == "a service address":
                yield warn(
                    ABOUT,
                    f"NetworkPolicy {policy.ref} names the service address {block.cidr}",
                    why="rules see the pods behind a Service, so that this block matches nothing",
                    fix="Select the pods by their labels.",
                )


def _ip_blocks(policy: Policy) -> list[IPBlock]:
    rules = [*(policy.ingress or ()), *(policy.egress or ())]
    return [peer for rule in rules for peer in rule.peers if isinstance(peer, IPBlock)]


def _selectors(after: Reachability, pods: list[Pod]) -> Iterator[PlanFinding]:
    """(d) Policies that select no pod, and rules that allow nobody: typos, and labels missing on
    namespaces.
    """
    for policy in after.policies.values():
        if not any(pod.namespace == policy.namespace and policy.pods.matches(pod.labels) for pod in pods):
            yield warn(
                ABOUT,
                f"NetworkPolicy {policy.ref} selects no pod",
                why="its podSelector matches no running pod of the namespace",
                fix="Correct its labels, or remove it.",
            )
    for dead in dead_rules(after):
        yield warn(ABOUT, f"{dead.rule} allows nothing", why=dead.why, fix="Correct its selector or port.")


def _host_network_peers(after: Reachability, pods: list[Pod]) -> Iterator[PlanFinding]:
    """(e) A peer on the host network is its node: podSelector rules that mean it do not match its traffic."""
    labels = {each.name: each.labels for each in after.cluster.namespaces}
    hosts = [pod for pod in pods if pod.host_network]
    for policy in after.policies.values():
        found = sorted(
            {
                str(pod.owner)
                for rule in policy.ingress or ()
                for peer in rule.peers
                if isinstance(peer, PodPeer)
                for pod in hosts
                if _means(peer, policy, pod, labels.get(pod.namespace, {}))
            }
        )
        if found:
            yield warn(
                ABOUT,
                f"NetworkPolicy {policy.ref} allows pods on the host network by label",
                why=f"traffic of {', '.join(found[:NAMED])} comes from the node's address",
                fix="Allow an ipBlock with the node subnet.",
            )


def _means(peer: PodPeer, policy: Policy, pod: Pod, labels: dict[str, str] | object) -> bool:
    if not peer.pods.requirements or not isinstance(labels, dict):
        return False  # everybody is meant, not this pod
    home = pod.namespace == policy.namespace if peer.namespaces is None else peer.namespaces.matches(labels)
    return home and peer.pods.matches(pod.labels)


def _api_server(inventory: Inventory, after: Reachability, pods: list[Pod]) -> Iterator[PlanFinding]:
    """(e) Pods whose account has rights, and that may no longer ask the API server."""
    endpoints = inventory.find("", "Endpoints", "default", "kubernetes")
    servers = [
        (ipaddress.ip_address(address["ip"]), port["port"])
        for subset in (endpoints or {}).get("subsets") or []
        for address in subset.get("addresses") or []
        for port in subset.get("ports") or []
    ]
    accounts = _bound_accounts(inventory)
    users = {
        f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
        for obj in inventory.of("Pod")
        if (obj["metadata"]["namespace"], spec_of(obj).get("serviceAccountName", "default")) in accounts
    }
    cut = sorted(
        {
            str(pod.owner)
            for pod in pods
            if str(pod.ref) in users
            and servers
            and _isolating(pod, after, egress=True)
            and not any(after.connections(pod.ref, ip).contains(Protocol.TCP, port) for ip, port in servers)
        }
    )
    if cut:
        yield warn(
            ABOUT,
            f"{count(len(cut), 'workload')} cannot ask the API server any more",
            why=", ".join(cut[:NAMED]),
            fix="Allow egress to the API server's addresses (ipBlock), TCP 6443.",
        )


def _bound_accounts(inventory: Inventory) -> set[tuple[str, str]]:
    return {
        (subject.get("namespace") or binding["metadata"].get("namespace", ""), subject["name"])
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in inventory.of(kind, "rbac.authorization.k8s.io")
        for subject in binding.get("subjects") or []
        if subject.get("kind") == "ServiceAccount"
    }


def _webhooks(
    inventory: Inventory, after: Reachability, pods: list[Pod], ranges: ClusterRanges
) -> Iterator[PlanFinding]:
    """(e) Backends of webhooks are called by the API server, from a node."""
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for obj in inventory.of(kind, "admissionregistration.k8s.io"):
            for hook in obj.get("webhooks") or []:
                called = (hook.get("clientConfig") or {}).get("service")
                service = (
                    inventory.find("", "Service", called["namespace"], called["name"]) if called else None
                )
                if not service or not called:
                    continue
                number = called.get("port", 443)
                ports = [port for port in spec_of(service).get("ports") or [] if port["port"] == number]
                backends = _selected(pods, called["namespace"], spec_of(service).get("selector") or {"": ""})
                if any(
                    _isolating(pod, after)
                    and not all(_reached(after, pod, port, ranges, local=False) for port in ports)
                    for pod in backends
                ):
                    yield warn(
                        ABOUT,
                        f"webhook {hook['name']} will not be reached by the API server",
                        why=(
                            "its backend allows no connection from the control plane, and what it guards is"
                            " refused"
                        ),
                        fix="Allow an ipBlock with the control plane's addresses.",
                        ref=ref_of(obj),
                    )


def _host_ports(inventory: Inventory, after: Reachability, pods: list[Pod]) -> Iterator[PlanFinding]:
    """(f) Pods with host ports are reached through their node."""
    by_name = {str(pod.ref): pod for pod in pods}
    found = sorted(
        {
            str(pod.owner)
            for obj in inventory.of("Pod")
            if any(
                port.get("hostPort")
                for each in spec_of(obj).get("containers") or []
                for port in each.get("ports") or []
            )
            and (pod := by_name.get(f"{obj['metadata']['namespace']}/{obj['metadata']['name']}")) is not None
            and _isolating(pod, after)
        }
    )
    if found:
        yield warn(
            ABOUT,
            f"{count(len(found), 'workload')} with host ports isolated",
            why=", ".join(found[:NAMED]),
            fix="Check that their clients are allowed by address.",
        )
