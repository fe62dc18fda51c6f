"""Clusters for the benchmarks of the reachability engine: many teams, each with labels and policies of its
own.

Varied on purpose: an engine that groups equal pods would look good on a cluster of few kinds. Everything
comes from a seed, so that two runs measure the same cluster.
"""

from __future__ import annotations

import ipaddress
import random
from typing import Any

from bot.policy.reach.model import (
    Address,
    ClusterModel,
    ContainerPort,
    IPBlock,
    LabelSelector,
    Namespace,
    Node,
    Operator,
    Peer,
    Pod,
    PodPeer,
    Policy,
    PortRule,
    Protocol,
    Requirement,
    Rule,
    Workload,
)

TIERS = ("web", "api", "worker", "cache", "db", "queue", "cron")
PORT_NAMES = ("http", "https", "grpc", "metrics", "admin", "sql")
PODS_OF_A_NODE = 60
KINDS = 6  # of policies


def cluster(*, pods: int, policies: int, seed: int = 1) -> ClusterModel:
    """Namespaces of about 40 pods, workloads of one to twelve, one in twenty a StatefulSet, two
    DaemonSets.
    """
    chance = random.Random(seed)
    namespaces = [_namespace(number, chance) for number in range(max(2, pods // 40))]
    nodes = [
        Node(f"node-{number}", (ipaddress.IPv4Address("10.0.0.0") + number,))
        for number in range(max(2, pods // PODS_OF_A_NODE))
    ]
    all_pods: list[Pod] = [*_dns(nodes), *_daemons(nodes)]
    while len(all_pods) < pods:
        namespace = chance.choice(namespaces).name
        all_pods += _workload(len(all_pods), namespace, nodes, chance)[: pods - len(all_pods)]
    used = sorted({pod.namespace for pod in all_pods})
    return ClusterModel(
        pods=tuple(all_pods),
        namespaces=(*namespaces, Namespace("kube-system")),
        nodes=tuple(nodes),
        policies=tuple(policy(number, chance.choice(used), chance) for number in range(policies)),
    )


def policy(number: int, namespace: str, chance: random.Random) -> Policy:
    """One of the kinds that teams write: deny, same namespace, from a team, to a database, DNS, to the
    outside.
    """
    kind = number % KINDS
    if kind == 0:
        return Policy(namespace=namespace, name=f"p{number}", ingress=(), egress=() if number % 4 else None)
    if kind == 1:
        return Policy(namespace=namespace, name=f"p{number}", ingress=(Rule((PodPeer(),)),))
    selected = labels(tier=chance.choice(TIERS))
    if kind == 5:
        dns = PodPeer(
            labels(**{"k8s-app": "kube-dns"}), labels(**{"kubernetes.io/metadata.name": "kube-system"})
        )
        ports = (PortRule(Protocol.UDP, 53), PortRule(Protocol.TCP, 53))
        return Policy(
            namespace=namespace,
            name=f"p{number}",
            egress=(Rule((dns,), ports), Rule(_peers(chance), _ports(chance))),
        )
    rules = tuple(Rule(_peers(chance), _ports(chance)) for _ in range(chance.randint(1, 3)))
    if kind == 4:
        return Policy(namespace=namespace, name=f"p{number}", pods=selected, egress=rules)
    return Policy(namespace=namespace, name=f"p{number}", pods=selected, ingress=rules)


def labels(**match_labels: str) -> LabelSelector:
    """A selector with matchLabels; `__` cannot be in a keyword of Python, so keys are passed as they are."""
    return LabelSelector(
        tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(match_labels.items()))
    )


def _namespace(number: int, chance: random.Random) -> Namespace:
    return Namespace(
        f"team-{number}",
        {
            "stage": chance.choice(("dev", "test", "prod")),
            "unit": f"u{number % 17}",
            "tenant": f"t{number % 61}",
        },
    )


def _workload(number: int, namespace: str, nodes: list[Node], chance: random.Random) -> list[Pod]:
    tier, name = chance.choice(TIERS), f"app-{number}"
    ports = tuple(
        ContainerPort(port_name, Protocol.TCP, chance.choice((8080, 8443, 9090, 3000, 5432)))
        for port_name in chance.sample(PORT_NAMES, chance.randint(0, 2))
    )
    stateful = chance.random() < 0.05
    common = {"app": name, "tier": tier, "version": f"v{chance.randint(1, 4)}", "team": namespace}
    owner = Workload(namespace, "StatefulSet" if stateful else "Deployment", name)
    workload_pods = []
    for index in range(chance.randint(1, 12)):
        own_labels = {"statefulset.kubernetes.io/pod-name": f"{name}-{index}"} if stateful else {}
        workload_pods.append(
            Pod(
                namespace=namespace,
                name=f"{name}-{index}",
                labels={**common, **own_labels},
                ports=ports,
                workload=owner,
                addresses=_addresses(number + index, dual=int(namespace.removeprefix("team-")) % 10 == 0),
                node=chance.choice(nodes).name,
            )
        )
    return workload_pods


def _addresses(number: int, *, dual: bool) -> tuple[Address, ...]:
    """An IPv4 address, in some namespaces an IPv6 address too."""
    first = ipaddress.IPv4Address("10.100.0.0") + number
    return (first, ipaddress.IPv6Address("fd00:100::") + number) if dual else (first,)


def _dns(nodes: list[Node]) -> list[Pod]:
    owner = Workload("kube-system", "Deployment", "coredns")
    return [
        Pod(
            namespace="kube-system",
            name=f"coredns-{index}",
            labels={"k8s-app": "kube-dns"},
            workload=owner,
            addresses=(ipaddress.IPv4Address("10.99.0.0") + index,),
            node=nodes[index].name,
        )
        for index in range(2)
    ]


def _daemons(nodes: list[Node]) -> list[Pod]:
    """On every node a network agent on the node's network, and a collector of logs that has its own."""
    daemon_pods = []
    for number, node in enumerate(nodes):
        for name, host in (("calico-node", True), ("log-collector", False)):
            addresses = (ipaddress.IPv4Address("10.98.0.0") + number,)
            daemon_pods.append(
                Pod(
                    namespace="kube-system",
                    name=f"{name}-{number}",
                    labels={"k8s-app": name},
                    host_network=host,
                    addresses=node.addresses if host else addresses,
                    node=node.name,
                    workload=Workload("kube-system", "DaemonSet", name),
                )
            )
    return daemon_pods


def _peers(chance: random.Random) -> tuple[Peer, ...]:
    draw = chance.random()
    if draw < 0.05:
        return ()
    if draw < 0.35:
        return (PodPeer(labels(tier=chance.choice(TIERS))),)
    if draw < 0.55:
        team = LabelSelector(
            (Requirement("tenant", Operator.IN, tuple(sorted({f"t{chance.randint(0, 60)}", "t1"}))),)
        )
        return (PodPeer(labels(tier=chance.choice(TIERS)), team),)
    if draw < 0.7:
        return (PodPeer(LabelSelector(), labels(unit=f"u{chance.randint(0, 16)}")),)
    if draw < 0.8:
        not_cron = LabelSelector((Requirement("tier", Operator.NOT_IN, ("cron",)),))
        return (PodPeer(not_cron, labels(stage=chance.choice(("dev", "prod")))),)
    return (_block(chance), PodPeer(labels(tier=chance.choice(TIERS))))


def _block(chance: random.Random) -> IPBlock:
    if chance.random() < 0.2:
        inside = ipaddress.IPv4Address("10.100.0.0") + chance.randrange(0, 4096)
        return IPBlock(ipaddress.ip_network(f"{inside}/{chance.choice((24, 28, 32))}", strict=False))
    if chance.random() < 0.1:
        whole = ipaddress.ip_network(f"2001:db8:{chance.randrange(1 << 16):x}::/48")
        return IPBlock(whole, (ipaddress.ip_network((whole.network_address, 64)),))
    first = ipaddress.IPv4Address(chance.randrange(1 << 24, 223 << 24))
    block = ipaddress.ip_network(f"{first}/{chance.choice((0, 8, 12, 16, 20, 24))}", strict=False)
    inner = ipaddress.ip_network((block.network_address, block.prefixlen + 4))
    return IPBlock(block, (inner,) if chance.random() < 0.5 else ())


def _ports(chance: random.Random) -> tuple[PortRule, ...]:
    draw = chance.random()
    if draw < 0.15:
        return ()
    if draw < 0.6:
        return (PortRule(Protocol.TCP, chance.choice((80, 443, 8080, 8443, 9090, 3000, 5432, 6379))),)
    if draw < 0.75:
        first = chance.randrange(1024, 60000)
        return (PortRule(Protocol.TCP, first, first + chance.choice((10, 100, 1000))),)
    if draw < 0.9:
        return (PortRule(Protocol.TCP, chance.choice(PORT_NAMES)),)
    return (PortRule(Protocol.UDP, chance.choice((53, 123))), PortRule(Protocol.SCTP))


def as_manifest(network_policy: Policy) -> dict[str, Any]:
    """The policy as it would be written, for an implementation that reads manifests."""
    spec: dict[str, Any] = {"podSelector": _selector(network_policy.pods), "policyTypes": []}
    for kind, section, side, rules in (
        ("Ingress", "ingress", "from", network_policy.ingress),
        ("Egress", "egress", "to", network_policy.egress),
    ):
        if rules is not None:
            spec["policyTypes"].append(kind)
            spec[section] = [
                {side: [_peer(peer) for peer in rule.peers], "ports": [_port(port) for port in rule.ports]}
                for rule in rules
            ]
    return {"metadata": {"name": network_policy.name, "namespace": network_policy.namespace}, "spec": spec}


def _selector(selector: LabelSelector) -> dict[str, Any]:
    return {
        "matchExpressions": [
            {"key": item.key, "operator": str(item.operator), "values": list(item.values)}
            for item in selector.requirements
        ]
    }


def _peer(peer: Peer) -> dict[str, Any]:
    if isinstance(peer, IPBlock):
        return {"ipBlock": {"cidr": str(peer.cidr), "except": [str(network) for network in peer.excepts]}}
    manifest = {"podSelector": _selector(peer.pods)}
    if peer.namespaces is not None:
        manifest["namespaceSelector"] = _selector(peer.namespaces)
    return manifest


def _port(port: PortRule) -> dict[str, Any]:
    return {"protocol": str(port.protocol), "port": port.port, "endPort": port.end_port}
