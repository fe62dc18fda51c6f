"""Builds the specs of NetworkPolicies that presets are made of: peers, ports, and the rule for DNS."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.reach.lost_dns import DNS_LABEL, DNS_NAMESPACE, DNS_PORT
from bot.policy.reach.model import NAMESPACE_NAME_LABEL

Manifest = dict[str, Any]


def deny(*policy_types: str) -> Manifest:
    """Return a spec that isolates all pods in these directions, `Ingress` or `Egress`, and allows nothing."""
    return {"podSelector": {}, "policyTypes": list(policy_types)}


def allow_ingress(peers: list[Manifest], ports: Iterable[str] = ()) -> Manifest:
    """Return a spec that allows only ingress from these peers, on ports `TCP/80` or `UDP/8000-8100`."""
    return {**deny("Ingress"), "ingress": [{"from": peers, **_ports(ports)}]}


def allow_egress(peers: list[Manifest], ports: Iterable[str] = ()) -> Manifest:
    """Return a spec that allows only egress to these peers, on ports `TCP/80` or `UDP/8000-8100`."""
    return {**deny("Egress"), "egress": [{"to": peers, **_ports(ports)}]}


def namespace_peer(name: str, pod_labels: Mapping[str, str] | None = None) -> Manifest:
    """Return a peer that matches all pods of a namespace, or those of them with certain labels."""
    peer: Manifest = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME_LABEL: name}}}
    if pod_labels:
        peer["podSelector"] = {"matchLabels": dict(pod_labels)}
    return peer


def dns_rule() -> Manifest:
    """Return the egress rule that lets pods ask the cluster's DNS."""
    return {
        "to": [namespace_peer(DNS_NAMESPACE, dict([DNS_LABEL]))],
        "ports": [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")],
    }


def with_dns(manifest: Manifest) -> Manifest:
    """Add the rule for DNS to a policy that isolates egress; return any other policy as it is."""
    spec = manifest["spec"]
    types = spec.get("policyTypes") or (["Egress"] if spec.get("egress") else [])
    rules = spec.get("egress") or []
    if "Egress" not in types or dns_rule() in rules:
        return manifest
    return {**manifest, "spec": {**spec, "egress": [*rules, dns_rule()]}}


def _ports(ports: Iterable[str]) -> Manifest:
    entries = [_port(port) for port in ports]
    return {"ports": entries} if entries else {}


def _port(text: str) -> Manifest:
    protocol, _, numbers = text.partition("/")
    first, dash, last = numbers.partition("-")
    return {"protocol": protocol, "port": int(first), **({"endPort": int(last)} if dash else {})}
