"""Addresses and node ports of Services: allocated once, unique in the cluster, kept over updates.

https://kubernetes.io/docs/concepts/services-networking/service/
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from sandbox.kube.api import defaults
from sandbox.kube.api.errors import Cause, invalid, invalid_value
from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object, key_of

SERVICE_RANGE = ipaddress.ip_network("10.254.0.0/16")
NODE_PORTS = range(30_000, 32_768)
EXTERNAL = "ExternalName"
ALLOCATED = "provided port is already allocated"
OUT_OF_RANGE = "provided port is not in the valid range. The range of valid ports is 30000-32767"
KEPT = ("clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")


def allocate(kind: Kind, service: Object, services: Iterable[Object], old: Object | None = None) -> None:
    """Give a Service the addresses and ports that it does not name itself.

    `services` are all of the cluster; `old` is the Service before an update. Raises `ApiError` 422 for what
    is taken, or cannot be had.
    """
    spec = service.setdefault("spec", {})
    defaults.fill_service(service)
    if spec["type"] == EXTERNAL:
        return
    own_key = key_of(service) if old is not None else None
    allocated = [candidate for candidate in services if key_of(candidate) != own_key]
    _keep(kind, service, old)
    _allocate_address(kind, service, allocated)
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _allocate_node_ports(kind, service, allocated)
    else:
        for port in spec.get("ports", []):
            port.pop("nodePort", None)
    if spec["type"] != "LoadBalancer":
        spec.pop("allocateLoadBalancerNodePorts", None)
    if not service.get("status"):
        service["status"] = {"loadBalancer": {}}


def _keep(kind: Kind, service: Object, old: Object | None) -> None:
    """Keep what an update does not name. Raises `ApiError` 422 for a changed address."""
    if old is None or old["spec"].get("type") == EXTERNAL:
        return
    spec, old_spec = service["spec"], old["spec"]
    address = old_spec.get("clusterIP")
    if not spec.get("clusterIP") and address:
        spec["clusterIP"] = address
    if address and spec.get("clusterIP") != address:
        why = f'[]string{{"{spec["clusterIP"]}"}}: may not change once set'
        raise invalid(kind, service["metadata"]["name"], [invalid_value("spec.clusterIPs[0]", why)])
    for field in KEPT:
        if field in old_spec:
            spec.setdefault(field, old_spec[field])
    node_ports = {
        (port["port"], port["protocol"]): port.get("nodePort") for port in old_spec.get("ports", [])
    }
    for port in spec.get("ports", []):
        node_port = node_ports.get((port["port"], port["protocol"]))
        if node_port and not port.get("nodePort"):
            port["nodePort"] = node_port


def _allocate_address(kind: Kind, service: Object, allocated: list[Object]) -> None:
    spec, address = service["spec"], service["spec"].get("clusterIP")
    used = {neighbour["spec"].get("clusterIP") for neighbour in allocated}
    if not address:
        hosts = (str(host) for host in SERVICE_RANGE.hosts())
        address = next(host for host in hosts if host not in used and host != str(SERVICE_RANGE[1]))
    elif address != "None":
        why = ""
        if address in used:
            why = "provided IP is already allocated"
        elif ipaddress.ip_address(address) not in SERVICE_RANGE:
            why = "the provided network does not match the current range"
        if why:
            message = f'["{address}"]: failed to allocate IP {address}: {why}'
            raise invalid(kind, service["metadata"]["name"], [invalid_value("spec.clusterIPs", message)])
    spec |= {
        "clusterIP": address,
        "clusterIPs": [address],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    }


def _allocate_node_ports(kind: Kind, service: Object, allocated: list[Object]) -> None:
    spec, used = service["spec"], _used_ports(allocated)
    causes: list[Cause] = []
    for number, port in enumerate(spec.get("ports", [])):
        node_port: int | None = port.get("nodePort")
        if node_port and (node_port in used or node_port not in NODE_PORTS):
            why = ALLOCATED if node_port in used else OUT_OF_RANGE
            causes.append(invalid_value(f"spec.ports[{number}].nodePort", f"{node_port}: {why}"))
        port["nodePort"] = node_port or _free_port(spec["clusterIP"], number, used)
        used.add(port["nodePort"])
    health_port = spec.get("healthCheckNodePort")
    if spec["type"] == "LoadBalancer" and spec["externalTrafficPolicy"] == "Local":
        if health_port in used:
            causes.append(invalid_value("spec.healthCheckNodePort", f"{health_port}: {ALLOCATED}"))
        spec["healthCheckNodePort"] = health_port or _free_port(spec["clusterIP"], 99, used)
    else:
        spec.pop("healthCheckNodePort", None)
    if causes:
        raise invalid(kind, service["metadata"]["name"], causes)


def _used_ports(services: list[Object]) -> set[int]:
    ports = {service["spec"].get("healthCheckNodePort") for service in services}
    ports |= {port.get("nodePort") for service in services for port in service["spec"].get("ports", [])}
    return ports - {None, 0}


def _free_port(address: str, number: int, used: set[int]) -> int:
    seed = 0 if address == "None" else int(ipaddress.ip_address(address))
    start = (seed * 7 + number * 13) % len(NODE_PORTS)
    return next(int(port) for port in (*NODE_PORTS[start:], *NODE_PORTS[:start]) if port not in used)
