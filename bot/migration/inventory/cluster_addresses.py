"""Which addresses mean something in one cluster only: its nodes, pods, services, API and load balancers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, spec_of, status_of
from bot.migration.objects.transforms.unit import ClusterRanges

SERVICES = "10.254.0.0/16"  # Magnum's default of service_cluster_ip_range


def ranges(inventory: Inventory, profile: DriverProfile, labels: Mapping[str, str]) -> ClusterRanges:
    """The source's addresses, from what was read and from Magnum's labels of the cluster."""
    nodes = inventory.of("Node")
    pool = labels.get(profile.template.pool_label)
    pods = {pool} if pool else set(_pod_ranges(nodes))
    api = inventory.find("", "Service", "default", "kubernetes")
    services = labels.get("service_cluster_ip_range") or _service_range(
        str(spec_of(api or {}).get("clusterIP") or "")
    )
    balancers = {
        each["ip"]
        for service in inventory.of("Service")
        for each in (status_of(service).get("loadBalancer") or {}).get("ingress") or []
        if each.get("ip")
    }
    return ClusterRanges(
        pods=tuple(sorted(pods)),
        services=(services,),
        nodes=tuple(sorted(_node_addresses(nodes))),
        others=tuple(sorted(balancers)),
    )


def _pod_ranges(nodes: Iterable[Object]) -> Iterable[str]:
    return (each for node in nodes for each in spec_of(node).get("podCIDRs") or [])


def _node_addresses(nodes: Iterable[Object]) -> set[str]:
    return {
        each["address"]
        for node in nodes
        for each in status_of(node).get("addresses") or []
        if each.get("type") in ("InternalIP", "ExternalIP")
    }


def _service_range(api: str) -> str:
    """The range around the API's own Service address: Magnum's, or the /16 that most installers choose."""
    try:
        address = ipaddress.ip_address(api)
    except ValueError:
        return SERVICES
    if address in ipaddress.ip_network(SERVICES):
        return SERVICES
    return str(ipaddress.ip_network(f"{api}/{16 if address.version == 4 else 112}", strict=False))
