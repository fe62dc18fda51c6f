"""The addresses that mean something in the source only: its nodes, pods, Services, API and load balancers."""

import ipaddress
from collections.abc import Iterable, Mapping

from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.cluster_ranges import ClusterRanges
from bot.migration.objects.fields import Object, ingress_addresses, spec_of, status_of

SERVICES = "10.254.0.0/16"  # Magnum's default of service_cluster_ip_range


def address_ranges(inventory: Inventory, profile: DriverProfile, labels: Mapping[str, str]) -> ClusterRanges:
    """Return the source's addresses, for which the inventory must have its Nodes and Services.

    `labels` are Magnum's of the cluster, among them the driver's with the range of the pods; they are empty
    for a cluster that Magnum does not know.
    """
    nodes = inventory.of("Node")
    pool = labels.get(profile.template.pool_label)
    pods = {pool} if pool else {cidr for node in nodes for cidr in spec_of(node).get("podCIDRs") or []}
    api = spec_of(inventory.find("", "Service", "default", "kubernetes") or {}).get("clusterIP")
    services = labels.get("service_cluster_ip_range") or _service_range(str(api or ""))
    balancers = {ip for service in inventory.of("Service") for ip in ingress_addresses(service) if ip}
    return ClusterRanges(
        pods=tuple(sorted(pods)),
        services=(services,),
        nodes=tuple(sorted(_node_addresses(nodes))),
        others=tuple(sorted(balancers)),
    )


def _node_addresses(nodes: Iterable[Object]) -> set[str]:
    return {
        address["address"]
        for node in nodes
        for address in status_of(node).get("addresses") or []
        if address.get("type") in ("InternalIP", "ExternalIP")
    }


def _service_range(api: str) -> str:
    """Return the range around the API's own Service address: Magnum's, or the /16 of most installers."""
    try:
        address = ipaddress.ip_address(api)
    except ValueError:
        return SERVICES
    if address in ipaddress.ip_network(SERVICES):
        return SERVICES
    return str(ipaddress.ip_network(f"{api}/{16 if address.version == 4 else 112}", strict=False))
