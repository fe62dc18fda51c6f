"""Small, dense clusters for property tests: few labels, few namespaces, blocks around the addresses of pods.

Dense means that selectors really select, names really collide and blocks really cut between two pods; with
wide ranges of values nearly every rule would match nothing and the tests would prove little.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from hypothesis import strategies as st

from bot.policy.reach.model import ClusterModel, ContainerPort, Namespace, Node, Pod, Protocol, Workload

NAMESPACES = ("a", "b")
NODES = (Node("n1", (ipaddress.ip_address("10.0.1.1"),)), Node("n2", (ipaddress.ip_address("10.0.1.2"),)))
NAMES, NUMBERS = ("http", "dns"), (53, 80, 81, 8080)

labels = st.dictionaries(st.sampled_from(("app", "tier")), st.sampled_from(("x", "y", "z")), max_size=2)
v4 = st.integers(0, 15).map(lambda number: ipaddress.IPv4Address("10.0.0.0") + number)
v6 = st.integers(0, 15).map(lambda number: ipaddress.IPv6Address("fd00::") + number)
protocols = st.sampled_from([str(protocol) for protocol in Protocol])


@st.composite
def pods(draw: st.DrawFn) -> list[Pod]:
    """Up to six pods; some finished, some on their node's network, some without addresses."""
    pods_so_far: list[Pod] = []
    for number in range(draw(st.sampled_from((4, 3, 5, 6, 2, 1)))):
        host = draw(st.sampled_from((False, False, False, False, True)))
        node = draw(st.sampled_from(("", "n1", "n2")))
        namespace = draw(st.sampled_from(NAMESPACES))
        addresses: tuple[Any, ...] = tuple(
            draw(st.lists(st.one_of(v4, v6), min_size=draw(st.sampled_from((1, 0))), max_size=2))
        )
        if host:
            addresses = next((known_node.addresses for known_node in NODES if known_node.name == node), ())
        owner = draw(st.sampled_from(("", "w")))
        pods_so_far.append(
            Pod(
                namespace=namespace,
                name=f"p{number}",
                labels=draw(labels),
                host_network=host,
                node=node,
                addresses=addresses if host else _unused(addresses, pods_so_far),
                ports=tuple(
                    draw(st.lists(_container_ports(), min_size=draw(st.sampled_from((2, 0))), max_size=3))
                ),
                workload=Workload(namespace, "Deployment", owner) if owner else None,
                phase=draw(
                    st.sampled_from(("Running", "Running", "Running", "Pending", "Succeeded", "Failed"))
                ),
            )
        )
    return pods_so_far


def _unused(addresses: tuple[Any, ...], before: list[Pod]) -> tuple[Any, ...]:
    used = {address for pod in before for address in pod.addresses}
    return tuple(dict.fromkeys(address for address in addresses if address not in used))


def _container_ports() -> st.SearchStrategy[ContainerPort]:
    return st.builds(
        ContainerPort, st.sampled_from(NAMES), st.sampled_from(list(Protocol)), st.sampled_from(NUMBERS)
    )


@st.composite
def selectors(draw: st.DrawFn, keys: tuple[str, ...] = ("app", "tier")) -> dict[str, Any]:
    """A label selector, often empty."""
    selector: dict[str, Any] = {}
    kind = draw(st.sampled_from(("nothing", "labels", "expression", "expression", "both")))
    if kind in ("labels", "both"):
        selector["matchLabels"] = {draw(st.sampled_from(keys)): draw(st.sampled_from(("x", "y", "a")))}
    if kind in ("expression", "both"):
        operator = draw(st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist")))
        values = draw(st.lists(st.sampled_from(("x", "y", "a", "b")), min_size=1, max_size=2))
        expression = {"key": draw(st.sampled_from(keys)), "operator": operator}
        selector["matchExpressions"] = [
            {**expression, "values": values} if operator in ("In", "NotIn") else expression
        ]
    return selector


@st.composite
def ip_blocks(draw: st.DrawFn) -> dict[str, Any]:
    """A block around the pods' addresses, with exceptions within it."""
    version = draw(st.sampled_from((4, 4, 6)))
    first = draw(v4 if version == 4 else v6)
    top = 32 if version == 4 else 128
    length = draw(st.sampled_from((0, top - 4, top - 3, top - 2, top - 1, top)))
    block = ipaddress.ip_network(f"{first}/{length}", strict=False)
    ip_block: dict[str, Any] = {"cidr": str(block)}
    if length < top and draw(st.booleans()):
        longer = st.sampled_from([bits for bits in (top - 3, top - 2, top - 1, top) if bits > length])
        offsets = draw(st.lists(st.tuples(st.integers(0, 15), longer), min_size=1, max_size=2))
        size = block.num_addresses
        ip_block["except"] = [
            str(ipaddress.ip_network(f"{block.network_address + offset % size}/{long}", strict=False))
            for offset, long in offsets
        ]
    return ip_block


@st.composite
def peers(draw: st.DrawFn) -> dict[str, Any]:
    """One entry of `from` or `to`, of each of the four kinds."""
    kind = draw(st.sampled_from((0, 3, 1, 2)))
    if kind == 0:
        return {"ipBlock": draw(ip_blocks())}
    peer: dict[str, Any] = {}
    if kind in (1, 3):
        peer["podSelector"] = draw(selectors())
    if kind in (2, 3):
        peer["namespaceSelector"] = draw(selectors(("env", "kubernetes.io/metadata.name")))
    return peer


@st.composite
def ports(draw: st.DrawFn) -> dict[str, Any]:
    """One entry of `ports`: with and without protocol, number, name and endPort."""
    port: dict[str, Any] = {}
    if draw(st.booleans()):
        port["protocol"] = draw(protocols)
    kind = draw(st.sampled_from((3, 1, 2, 0)))
    if kind == 1:
        port["port"] = draw(st.sampled_from(NAMES))
    elif kind > 1:
        port["port"] = draw(st.sampled_from(NUMBERS))
        if kind == 3:
            port["endPort"] = port["port"] + draw(st.sampled_from((0, 1, 30)))
    return port


@st.composite
def policies(draw: st.DrawFn, name: str = "p") -> dict[str, Any]:
    """One NetworkPolicy as a manifest, with every way of leaving something out."""
    spec: dict[str, Any] = {}
    if draw(st.sampled_from((True, True, False))):
        spec["podSelector"] = draw(selectors())
    types = draw(st.sampled_from((None, None, [], ["Ingress"], ["Egress"], ["Egress", "Ingress"])))
    if types is not None:
        spec["policyTypes"] = types
    for section, side in (("ingress", "from"), ("egress", "to")):
        rules = draw(st.one_of(st.lists(_rules(side), min_size=1, max_size=2), st.sampled_from((None, []))))
        if rules is not None:
            spec[section] = rules
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": draw(st.sampled_from(NAMESPACES))},
        "spec": spec,
    }


@st.composite
def _rules(draw: st.DrawFn, side: str) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    fewest = st.sampled_from((1, 1, 1, 0))
    if draw(st.sampled_from((True, True, True, False))):
        rule[side] = draw(st.lists(peers(), min_size=draw(fewest), max_size=2))
    if draw(st.sampled_from((True, True, False))):
        rule["ports"] = draw(st.lists(ports(), min_size=draw(fewest), max_size=2))
    return rule


@st.composite
def clusters(draw: st.DrawFn) -> ClusterModel:
    """Pods, nodes, and some of the namespaces as objects with labels (the others are known by name only)."""
    namespaces = tuple(
        Namespace(name, draw(st.dictionaries(st.just("env"), st.sampled_from(("x", "y")), max_size=1)))
        for name in draw(st.lists(st.sampled_from(NAMESPACES), unique=True))
    )
    return ClusterModel(pods=tuple(draw(pods())), namespaces=namespaces, nodes=NODES)


@st.composite
def manifests(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to four policies, of which several often select one pod."""
    return [draw(policies(f"p{number}")) for number in range(draw(st.sampled_from((3, 2, 4, 1, 0))))]
