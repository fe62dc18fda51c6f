"""Computes who may connect to whom."""

from __future__ import annotations

from bot.policy.reach.connections import Connections
from bot.policy.reach.model import Address, Cluster, PodRef, Policy, PolicyRef

Endpoint = PodRef | Address  # a pod by name, or an address outside of the cluster


class Reachability:
    """The allowed connections of a cluster. Immutable: changing a policy gives another one.

    `cluster` is what it was computed from (finished pods included).
    """

    cluster: Cluster

    def connections(self, source: Endpoint, destination: Endpoint) -> Connections:
        """What `source` may open to `destination`: exact for every protocol and port.

        A pod to itself and a node to its own pods: `ALL`. An address that a node or pod of the cluster has is
        that node or pod. Raises `KeyError` for a pod that is not there or has finished.
        """
        raise NotImplementedError

    def with_policy(self, policy: Policy) -> Reachability:
        """The same cluster with this policy added, or put in place of the one of the same name."""
        raise NotImplementedError

    def without_policy(self, policy: PolicyRef) -> Reachability:
        """The same cluster without this policy. Raises `KeyError` if there is none."""
        raise NotImplementedError


def compute(cluster: Cluster) -> Reachability:
    """Compute the allowed connections of a cluster."""
    raise NotImplementedError
