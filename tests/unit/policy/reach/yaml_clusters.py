"""Clusters and policies in YAML, and questions to them as one asks them: `can(reach, "shop/web",
"shop/db", "TCP 80")`.
"""

from __future__ import annotations

import ipaddress
import textwrap
from typing import Any

import yaml

from bot.policy.manifests.cluster import build_cluster
from bot.policy.manifests.documents import ManifestDocument
from bot.policy.reach.engine import Endpoint, Reachability, compute
from bot.policy.reach.model import PodRef, Protocol


def world(*texts: str, **pods: str) -> Reachability:
    """The cluster of some YAML documents; a keyword adds a pod: `shop__web="app=web"` (`ports` as
    `http=TCP/80`).
    """
    values = [value for text in texts for value in yaml.safe_load_all(textwrap.dedent(text)) if value]
    values += [_pod(name, words.split()) for name, words in pods.items()]
    manifests = build_cluster(
        ManifestDocument("test", number, value) for number, value in enumerate(values, 1)
    )
    return compute(manifests.cluster)


def policy(spec: str, *, namespace: str = "default", name: str = "policy") -> str:
    """One NetworkPolicy around a spec."""
    indented = textwrap.indent(textwrap.dedent(spec), "  ")
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n{indented}\n"
    )


def namespace(name: str, **labels: str) -> str:
    """One Namespace."""
    return f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {labels}}}\n"


def end(text: str) -> Endpoint:
    """`ns/pod`, `pod` in default, or an address."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        before, slash, after = text.rpartition("/")
        return PodRef(before if slash else "default", after)


def can(reach: Reachability, source: str, destination: str, protocol_and_port: str = "TCP 80") -> bool:
    """Whether one connection is allowed."""
    protocol, port = protocol_and_port.split()
    return reach.connections(end(source), end(destination)).contains(Protocol(protocol), int(port))


def opens(reach: Reachability, source: str, destination: str) -> str:
    """Everything that is allowed."""
    return str(reach.connections(end(source), end(destination)))


def _pod(name: str, words: list[str]) -> dict[str, Any]:
    """Words: `key=value` is a label, `name=TCP/80` a named port, `host`, `node:n`, an address."""
    space, _, short = name.rpartition("__")
    labels: dict[str, str] = {}
    ports: list[dict[str, Any]] = []
    pod: dict[str, Any] = {"spec": {}, "status": {}}
    for word in words:
        key, _, value = word.partition("=")
        if "/" in value:
            protocol, _, number = value.partition("/")
            ports.append({"name": key, "protocol": protocol, "containerPort": int(number)})
        elif value:
            labels[key] = value
        elif word == "host":
            pod["spec"]["hostNetwork"] = True
        elif word.startswith("node:"):
            pod["spec"]["nodeName"] = word.removeprefix("node:")
        else:
            pod["status"]["podIPs"] = [*pod["status"].get("podIPs", []), {"ip": word}]
    pod["spec"]["containers"] = [{"name": "c", "ports": ports}]
    metadata = {
        "name": short.replace("_", "-"),
        "namespace": space.replace("_", "-") or "default",
        "labels": labels,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **pod}
