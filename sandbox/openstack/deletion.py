"""The deletion of a cluster: its load balancers by their descriptions, its servers, then its network.

It can fail half-way, as Magnum's does: at a load balancer that cannot be deleted, or at a port that somebody
else has on the cluster's network. What is gone by then stays gone, and it can be asked for again.
"""

from __future__ import annotations

import re

from sandbox.infrastructure import Infrastructure
from sandbox.infrastructure.network import Balancer, Net


class DeletionFailed(Exception):
    """Why a cluster is DELETE_FAILED."""


def delete_balancers(infrastructure: Infrastructure, cluster: str) -> None:
    """Delete every load balancer that says it is the cluster's, and its address if that says so too.
    Raises `DeletionFailed`.
    """
    network = infrastructure.network
    mine = re.compile(rf"Kubernetes .+ from cluster {re.escape(cluster)}")
    stuck: list[Balancer] = []
    for balancer in [each for each in network.balancers.values() if mine.match(each.description)]:
        if balancer.provisioning.startswith("PENDING"):
            stuck.append(balancer)
            continue
        address = network.on(balancer.vip.id)
        network.delete_balancer(balancer)
        if address is not None and re.match(
            rf"Floating IP for Kubernetes .+ from cluster {re.escape(cluster)}", address.description
        ):
            del network.floating[address.id]
    if stuck:
        names = [each.id for each in stuck]
        raise DeletionFailed(
            f"Failed to pre-delete resources for cluster {cluster}, error: Timeout waiting for the load"
            f" balancers {names} to be deleted."
        )


def delete_network(infrastructure: Infrastructure, net: Net) -> None:
    """Delete a cluster's network. Raises `DeletionFailed` where somebody else has a port on it."""
    ports = infrastructure.network.ports
    foreign = [port for port in ports.values() if port.network == net.id]
    if foreign:
        raise DeletionFailed(
            "Resource DELETE failed: Conflict: resources.network.resources.private_network: Unable to"
            f" complete operation on network {net.id}. There are one or more ports still in use on the"
            " network."
        )
    del infrastructure.network.nets[net.id]
