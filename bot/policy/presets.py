"""Ready-made NetworkPolicies: what most teams need, each with what it does and what it does not.

A preset is one policy in one namespace, for all its pods, as the Kubernetes documentation's recipes have
them (https://kubernetes.io/docs/concepts/services-networking/network-policies/). Policies only ever add
up: an `allow-…` preset lets nothing through that another policy cuts off at the other end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from bot.policy.errors import BadParameters

Manifest = dict[str, Any]

API_VERSION = "networking.k8s.io/v1"
KIND = "NetworkPolicy"
NAMESPACE_LABEL = "kubernetes.io/metadata.name"  # every namespace has it
MANAGED_BY = {"app.kubernetes.io/managed-by": "xk8s"}
LONGEST_NAME = 253
DNS_NAMESPACE = "kube-system"
DNS_LABELS: Mapping[str, str] = {
    "k8s-app": "kube-dns"
}  # CoreDNS has this label too, also as Magnum installs it
INGRESS_NAMESPACE = "ingress-nginx"
MONITORING_NAMESPACE = "monitoring"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameters:
    """What was said with a preset. `ports` are `TCP/80` or `UDP/8000-8100`, checked by the grammar."""

    from_namespaces: tuple[str, ...] = ()
    to_namespaces: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset:
    """One preset. `takes` are the options it knows, of which `needs` must be given."""

    name: str
    text: str  # what it does, one sentence
    caution: str  # what surprises people
    example: str  # what is typed after `policy preview`, without the preset's name
    spec: Callable[[Parameters], Manifest]
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def manifest(self, namespace: str, given: Parameters) -> Manifest:
        """The policy for a namespace. Raises `BadParameters`."""
        self._check(given)
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {
                "name": self._policy_name(given),
                "namespace": namespace,
                "labels": dict(MANAGED_BY),
            },
            "spec": self.spec(given),
        }

    def _policy_name(self, given: Parameters) -> str:
        """The preset's name; with the namespaces where two of the same preset make sense side by side."""
        told_apart = given.from_namespaces if "--from-namespace" in self.needs else given.to_namespaces
        name = "-".join([self.name, *told_apart])
        if len(name) > LONGEST_NAME:
            raise BadParameters(
                f"{len(told_apart)} namespaces make too long a name for one policy",
                why=f"{len(name)} characters; Kubernetes takes {LONGEST_NAME}",
                fix="Make two policies of it.",
            )
        return name

    def _check(self, given: Parameters) -> None:
        said = {
            "--from-namespace": given.from_namespaces,
            "--to-namespace": given.to_namespaces,
            "--port": given.ports,
        }
        for option, value in said.items():
            if value and option not in self.takes:
                takes = (
                    f"it takes {' and '.join(f'`{each}`' for each in self.takes)}"
                    if self.takes
                    else ("it takes no options")
                )
                raise BadParameters(
                    f"{self.name} does not take `{option}`", why=takes, fix="See `/xk8s policy presets`."
                )
        for option in self.needs:
            if not said[option]:
                raise BadParameters(
                    f"{self.name} needs `{option}`", fix=f"`/xk8s policy preview {self.name} {self.example}`"
                )


def _deny(*types: str) -> Callable[[Parameters], Manifest]:
    return lambda _given: {"podSelector": {}, "policyTypes": list(types)}


def _ingress(peers: list[Manifest], given: Parameters) -> Manifest:
    return {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": peers, **_ports(given)}],
    }


def _egress(peers: list[Manifest], given: Parameters) -> Manifest:
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": peers, **_ports(given)}]}


def namespace_peer(name: str, pods: Mapping[str, str] | None = None) -> Manifest:
    """All pods of a namespace as a peer, or those with certain labels."""
    peer: Manifest = {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: name}}}
    if pods:
        peer["podSelector"] = {"matchLabels": dict(pods)}
    return peer


def _namespaces(names: tuple[str, ...]) -> list[Manifest]:
    return [namespace_peer(name) for name in names]


def _ports(given: Parameters) -> Manifest:
    return {"ports": [_port(port) for port in given.ports]} if given.ports else {}


def _port(said: str) -> Manifest:
    protocol, _, numbers = said.partition("/")
    first, dash, last = numbers.partition("-")
    return {"protocol": protocol, "port": int(first), **({"endPort": int(last)} if dash else {})}


def dns_rule() -> Manifest:
    """The egress rule that lets pods ask the cluster's DNS."""
    return {
        "to": [namespace_peer(DNS_NAMESPACE, DNS_LABELS)],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    }


def with_dns(manifest: Manifest) -> Manifest:
    """A policy that isolates egress, and lets DNS through all the same; any other policy as it is."""
    spec = manifest["spec"]
    types = spec.get("policyTypes") or (["Egress"] if spec.get("egress") else [])
    rule = dns_rule()
    if "Egress" not in types or rule in (spec.get("egress") or []):
        return manifest
    return {**manifest, "spec": {**spec, "egress": [*(spec.get("egress") or []), rule]}}


def _same_namespace(given: Parameters) -> Manifest:
    return _ingress([{"podSelector": {}}], given)


def _dns(_given: Parameters) -> Manifest:
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": [dns_rule()]}


def _ingress_controller(given: Parameters) -> Manifest:
    if given.from_namespaces:
        return _ingress(_namespaces(given.from_namespaces), given)
    return _ingress([namespace_peer(INGRESS_NAMESPACE, {"app.kubernetes.io/component": "controller"})], given)


def _monitoring(given: Parameters) -> Manifest:
    return _ingress(_namespaces(given.from_namespaces or (MONITORING_NAMESPACE,)), given)


PRESETS: tuple[Preset, ...] = (
    Preset(
        name="default-deny-ingress",
        example="prod-eu -n shop",
        spec=_deny("Ingress"),
        text="Nothing reaches the namespace's pods but what another policy allows.",
        caution="Traffic from outside stops too, also through an Ingress controller.",
    ),
    Preset(
        name="default-deny-egress",
        example="prod-eu -n shop --allow-dns",
        spec=_deny("Egress"),
        text="The namespace's pods reach nothing but what another policy allows.",
        caution="DNS stops with it: add `--allow-dns`, or most programs find nothing any more.",
    ),
    Preset(
        name="deny-all",
        example="prod-eu -n shop --allow-dns",
        spec=_deny("Ingress", "Egress"),
        text="Nothing goes in or out of the namespace's pods but what another policy allows.",
        caution="DNS stops with it, unless `--allow-dns` is added.",
    ),
    Preset(
        name="allow-same-namespace",
        example="prod-eu -n shop",
        spec=_same_namespace,
        takes=("--port",),
        text="Denies all ingress and allows only what comes from pods of the same namespace.",
        caution="What other namespaces and the outside sent stops. Egress is not touched.",
    ),
    Preset(
        name="allow-dns",
        example="prod-eu -n shop",
        spec=_dns,
        text="The namespace's pods may ask the cluster's DNS, UDP and TCP 53.",
        caution="It isolates egress: without another policy that allows more, DNS is all that is left.",
    ),
    Preset(
        name="allow-from-namespace",
        example="prod-eu -n shop --from-namespace web --port TCP/8080",
        spec=lambda given: _ingress(_namespaces(given.from_namespaces), given),
        takes=("--from-namespace", "--port"),
        needs=("--from-namespace",),
        text="Pods of the named namespaces may reach this namespace's pods, on all ports or those named.",
        caution="It isolates ingress: what is not allowed by this or another policy stops.",
    ),
    Preset(
        name="allow-to-namespace",
        example="prod-eu -n shop --to-namespace billing --port TCP/443 --allow-dns",
        spec=lambda given: _egress(_namespaces(given.to_namespaces), given),
        takes=("--to-namespace", "--port"),
        needs=("--to-namespace",),
        text="The namespace's pods may reach pods of the named namespaces, on all ports or those named.",
        caution="It isolates egress, and with it DNS, unless `--allow-dns` is added.",
    ),
    Preset(
        name="allow-ingress-controller",
        example="prod-eu -n shop --from-namespace kube-system",
        spec=_ingress_controller,
        takes=("--from-namespace", "--port"),
        text=(
            "The Ingress controller may reach the namespace's pods: its controller pods in"
            f" {INGRESS_NAMESPACE}, or all pods of the namespace in `--from-namespace`."
        ),
        caution=(
            "A controller on the host network (Magnum's traefik and nginx) comes from its node's address:"
            " no selector matches it, use your own YAML with an ipBlock."
        ),
    ),
    Preset(
        name="allow-monitoring",
        example="prod-eu -n shop --port TCP/9090",
        spec=_monitoring,
        takes=("--from-namespace", "--port"),
        text=(
            f"Monitoring may scrape the namespace's pods: from the namespace {MONITORING_NAMESPACE}, or those"
            " in `--from-namespace`."
        ),
        caution="It isolates ingress: without another policy that allows more, scraping is all that is left.",
    ),
)
BY_NAME: Mapping[str, Preset] = {preset.name: preset for preset in PRESETS}


def find(name: str) -> Preset:
    """The preset of a name. Raises `BadParameters` with the nearest one."""
    import difflib

    found = BY_NAME.get(name.lower())
    if found is not None:
        return found
    near = difflib.get_close_matches(name.lower(), BY_NAME, n=1, cutoff=0.5)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    raise BadParameters(f"There is no preset {name}", fix=f"{meant}See `/xk8s policy presets`.")
