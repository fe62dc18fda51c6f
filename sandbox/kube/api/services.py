"""Addresses and node ports of Services: allocated once, unique in the cluster, kept over updates."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from sandbox.kube.api.errors import invalid
from sandbox.kube.api.kinds import Kind

Object = dict[str, Any]
Cause = tuple[str, str, str]

SERVICE_RANGE = ipaddress.ip_network("10.254.0.0/16")
NODE_PORTS = range(30_000, 32_768)
EXTERNAL = "ExternalName"


def allocate(kind: Kind, service: Object, others: Iterable[Object], old: Object | None = None) -> None:
    """Give a Service what it does not name. Raises `ApiError` 422 for what is taken, or cannot be had."""
    spec = service.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
    if spec["type"] == EXTERNAL:
        return
    mine = service["metadata"].get("namespace"), service["metadata"].get("name")
    rest = [
        o for o in others if (o["metadata"].get("namespace"), o["metadata"]["name"]) != mine or old is None
    ]
    _keep(kind, service, old)
    _address(kind, service, rest)
    spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
        _node_ports(kind, service, rest)
    else:
        for port in spec.get("ports", []):
            port.pop("nodePort", None)
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    else:
        spec.pop("allocateLoadBalancerNodePorts", None)
    if not service.get("status"):
        service["status"] = {"loadBalancer": {}}


def _keep(kind: Kind, service: Object, old: Object | None) -> None:
    """What an update does not name stays; an address cannot be changed."""
    if old is None or old["spec"].get("type") == EXTERNAL:
        return
    spec, before = service["spec"], old["spec"]
    address = before.get("clusterIP")
    if not spec.get("clusterIP") and address:
        spec["clusterIP"] = address
    if address and spec.get("clusterIP") != address:
        why = f'Invalid value: []string{{"{spec["clusterIP"]}"}}: may not change once set'
        raise invalid(kind, service["metadata"]["name"], [("FieldValueInvalid", "spec.clusterIPs[0]", why)])
    for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"):
        if field in before:
            spec.setdefault(field, before[field])
    for port in spec.get("ports", []):
        same = (
            p
            for p in before.get("ports", [])
            if (p["port"], p["protocol"]) == (port["port"], port["protocol"])
        )
        found = next(same, None)
        if found and "nodePort" in found and not port.get("nodePort"):
            port["nodePort"] = found["nodePort"]


def _address(kind: Kind, service: Object, others: list[Object]) -> None:
    spec, wanted = service["spec"], service["spec"].get("clusterIP")
    if wanted == "None":
        spec |= {"clusterIPs": ["None"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
        return
    used = {other["spec"].get("clusterIP", "") for other in others}
    if wanted:
        why = ""
        if wanted in used:
            why = "provided IP is already allocated"
        elif ipaddress.ip_address(wanted) not in SERVICE_RANGE:
            why = "the provided network does not match the current range"
        if why:
            text = f'Invalid value: ["{wanted}"]: failed to allocate IP {wanted}: {why}'
            raise invalid(kind, service["metadata"]["name"], [("FieldValueInvalid", "spec.clusterIPs", text)])
    else:
        hosts = (str(host) for host in SERVICE_RANGE.hosts())
        wanted = next(host for host in hosts if host not in used and host != str(SERVICE_RANGE[1]))
    spec |= {
        "clusterIP": wanted,
        "clusterIPs": [wanted],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    }


def _node_ports(kind: Kind, service: Object, others: list[Object]) -> None:
    spec = service["spec"]
    used = {
        number
        for other in others
        for number in (
            *(port.get("nodePort") for port in other["spec"].get("ports", [])),
            other["spec"].get("healthCheckNodePort"),
        )
        if number
    }
    causes: list[Cause] = []
    for number, port in enumerate(spec.get("ports", [])):
        wanted: int | None = port.get("nodePort")
        if wanted and (wanted in used or wanted not in NODE_PORTS):
            why = (
                "provided port is already allocated"
                if wanted in used
                else "provided port is not in the valid range. The range of valid ports is 30000-32767"
            )
            causes.append(
                ("FieldValueInvalid", f"spec.ports[{number}].nodePort", f"Invalid value: {wanted}: {why}")
            )
        port["nodePort"] = wanted or _free(spec["clusterIP"], number, used)
        used.add(port["nodePort"])
    local = spec["type"] == "LoadBalancer" and spec["externalTrafficPolicy"] == "Local"
    health = spec.get("healthCheckNodePort")
    if local and health in used:
        causes.append(
            (
                "FieldValueInvalid",
                "spec.healthCheckNodePort",
                f"Invalid value: {health}: provided port is already allocated",
            )
        )
    if local:
        spec["healthCheckNodePort"] = health or _free(spec["clusterIP"], 99, used)
    else:
        spec.pop("healthCheckNodePort", None)
    if causes:
        raise invalid(kind, service["metadata"]["name"], causes)


def _free(address: str, number: int, used: set[int]) -> int:
    seed = 0 if address == "None" else int(ipaddress.ip_address(address))
    start = (int(seed) * 7 + number * 13) % len(NODE_PORTS)
    return next(int(port) for port in (*NODE_PORTS[start:], *NODE_PORTS[:start]) if port not in used)
