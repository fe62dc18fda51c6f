"""The deletion of a cluster: its load balancers, found by their descriptions, its servers, its network.

It can fail half-way, as Magnum's does: at a load balancer that cannot be deleted, or at a port that somebody
else has on the cluster's network. What is gone by then stays gone, and the deletion can be requested again.
"""

from __future__ import annotations

import re

from sandbox.infrastructure import Infrastructure
from sandbox.infrastructure.network import LoadBalancer, Network


class DeletionFailed(Exception):
    """Why a cluster is DELETE_FAILED."""


def delete_balancers(infrastructure: Infrastructure, cluster: str) -> None:
    """Delete the load balancers whose descriptions name a cluster, and the floating IPs whose do.

    Raises `DeletionFailed`.
    """
    network = infrastructure.network
    owner = rf"Kubernetes .+ from cluster {re.escape(cluster)}"
    stuck: list[LoadBalancer] = []
    for balancer in list(network.balancers.values()):
        if not re.match(owner, balancer.description):
            continue
        if balancer.provisioning.startswith("PENDING"):
            stuck.append(balancer)
            continue
        floating = network.floating_ip_of(balancer.vip.id)
        network.delete_balancer(balancer)
        if floating is not None and re.match(rf"Floating IP for {owner}", floating.description):
            del network.floating_ips[floating.id]
    if stuck:
        ids = [balancer.id for balancer in stuck]
        raise DeletionFailed(
            f"Failed to pre-delete resources for cluster {cluster}, error: Timeout waiting for the load"
            f" balancers {ids} to be deleted."
        )


def delete_network(infrastructure: Infrastructure, network: Network) -> None:
    """Delete a cluster's network. Raises `DeletionFailed` while it has a port of somebody else."""
    if any(port.network == network.id for port in infrastructure.network.ports.values()):
        raise DeletionFailed(
            "Resource DELETE failed: Conflict: resources.network.resources.private_network: Unable to"
            f" complete operation on network {network.id}. There are one or more ports still in use on the"
            " network."
        )
    del infrastructure.network.networks[network.id]
