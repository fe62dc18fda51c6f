"""Computes who may connect to whom: what egress of the source and ingress of the destination both allow.

Each direction is a `DirectionTable`; the answer for a pair is one cell of both tables and their intersection.
A matrix of pods is never built: classes of endpoints that nothing tells apart stand for the pods, and
`connection_matrix` works out many pairs of endpoints at once.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from bot.policy.reach.addresses import position
from bot.policy.reach.arrays import AnyIndices, Numbers, number_pairs
from bot.policy.reach.connection_sets import ConnectionSetTable
from bot.policy.reach.connections import ALL, Connections
from bot.policy.reach.direction_table import DirectionTable
from bot.policy.reach.endpoints import Endpoints, blocks_of
from bot.policy.reach.model import Address, ClusterModel, Direction, Pod, PodRef, Policy, PolicyRef
from bot.policy.reach.pod_index import PodIndex

Endpoint = PodRef | Address  # a pod by name, or an address outside the cluster


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Reachability:
    """The allowed connections of a cluster. Immutable: a change of a policy returns another one.

    `policies` are those in force. `endpoints`, `ingress`, `egress` and `sets` are the tables for modules that
    ask about all pairs. States that come from one another share `pod_index` and `sets`.
    """

    pod_index: PodIndex
    policies: Mapping[PolicyRef, Policy]
    endpoints: Endpoints
    ingress: DirectionTable
    egress: DirectionTable
    sets: ConnectionSetTable

    @property
    def cluster(self) -> ClusterModel:
        """The cluster with the policies in force, finished pods included."""
        ordered = tuple(self.policies[ref] for ref in sorted(self.policies))
        return dataclasses.replace(self.pod_index.cluster, policies=ordered)

    def connections(self, source: Endpoint, destination: Endpoint) -> Connections:
        """Return what `source` may open to `destination`, exactly for every protocol and port.

        A pod reaches itself, and a node its own pods, on everything. An address of a pod of the cluster
        stands for that pod. Raises `KeyError` for a pod that does not exist or has finished.
        """
        source, destination = self.canonical(source), self.canonical(destination)
        if source == destination or self.is_own_node(source, destination):
            return ALL
        start, end = self.endpoint_number(source), self.endpoint_number(destination)
        egress = self.egress.cells[self.egress.row_of[start], self.egress.column_of[end]]
        ingress = self.ingress.cells[self.ingress.row_of[end], self.ingress.column_of[start]]
        return self.sets[int(egress)] & self.sets[int(ingress)]

    def with_policy(self, policy: Policy) -> Reachability:
        """Return the same cluster with this policy added, or in place of the one of the same name."""
        base = self.without_policy(policy.ref) if policy.ref in self.policies else self
        endpoints, parents = base.endpoints.split(blocks_of([policy]))
        return dataclasses.replace(
            self,
            policies={**base.policies, policy.ref: policy},
            endpoints=endpoints,
            ingress=base.ingress.with_policy(policy, endpoints, parents),
            egress=base.egress.with_policy(policy, endpoints, parents),
        )

    def without_policy(self, ref: PolicyRef) -> Reachability:
        """Return the same cluster without this policy. Raises `KeyError` if it does not exist."""
        policies = dict(self.policies)
        del policies[ref]
        return dataclasses.replace(
            self,
            policies=policies,
            ingress=self.ingress.without_policy(ref, self.endpoints),
            egress=self.egress.without_policy(ref, self.endpoints),
        )

    def canonical(self, endpoint: Endpoint) -> Endpoint:
        """Return the pod that an address belongs to; the endpoint itself if it is no pod's address."""
        if isinstance(endpoint, PodRef):
            return endpoint
        return self.pod_index.pod_at(position(endpoint)) or endpoint

    def pod(self, ref: PodRef) -> Pod:
        """Return a running pod. Raises `KeyError` for one that does not exist or has finished."""
        return self.pod_index.pods[self.pod_index.number_of[ref]]

    def endpoint_number(self, endpoint: Endpoint) -> int:
        """Return its number in `endpoints`. Raises `KeyError` for a pod that is not running."""
        if isinstance(endpoint, PodRef):
            return int(self.endpoints.of_pod[self.pod_index.number_of[endpoint]])
        return self.endpoints.range_endpoint(position(endpoint))

    def is_own_node(self, source: Endpoint, destination: Endpoint) -> bool:
        """Whether the source is the node that runs the destination, or a host-network pod on that node."""
        if not isinstance(destination, PodRef):
            return False
        node = self.pod(destination).node
        if not node:
            return False
        if isinstance(source, PodRef):
            pod = self.pod(source)
            return pod.host_network and pod.node == node
        return self.pod_index.node_at(position(source)) == node

    def table(self, direction: Direction) -> DirectionTable:
        """Return the table of one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress

    @functools.cached_property
    def class_of(self) -> Numbers:
        """The class of each endpoint: endpoints of one class have the same role at both ends."""
        return number_pairs(self.source_role_of, self.destination_role_of)

    @functools.cached_property
    def source_role_of(self) -> Numbers:
        """The role of each endpoint as a source: endpoints of one role may connect to the same.

        The connections of a pair of classes depend only on the first one's role as a source and the second
        one's role as a destination, and there are fewer roles than classes.
        """
        return number_pairs(self.egress.row_of, self.ingress.column_of)

    @functools.cached_property
    def destination_role_of(self) -> Numbers:
        """The role of each endpoint as a destination: the same may connect to endpoints of one role."""
        return number_pairs(self.ingress.row_of, self.egress.column_of)

    def connection_matrix(self, sources: AnyIndices, destinations: AnyIndices) -> Numbers:
        """Return what each source may open to each destination, as numbers of `sets`; both are endpoints.

        Some tens of sources in one call stay in the processor's cache, which is three times as fast as all
        of them at once. Traffic of a pod with itself and of a node with its own pods is exempt from policies
        and not considered here.
        """
        egress = self.egress.cells[self.egress.row_of[sources]]
        egress = egress.take(self.egress.column_of[destinations], axis=1)
        ingress = np.ascontiguousarray(self.ingress.cells[:, self.ingress.column_of[sources]].T)
        return self.sets.intersections(egress, ingress.take(self.ingress.row_of[destinations], axis=1))


def compute(cluster: ClusterModel) -> Reachability:
    """Compute the allowed connections of a cluster. Of two policies with one name the later one counts."""
    policies = {policy.ref: policy for policy in cluster.policies}
    ordered = [policies[ref] for ref in sorted(policies)]
    pod_index, sets = PodIndex(cluster), ConnectionSetTable()
    endpoints, _ = Endpoints.unsplit(pod_index).split(blocks_of(ordered))
    return Reachability(
        pod_index=pod_index,
        policies=policies,
        endpoints=endpoints,
        ingress=DirectionTable.build(Direction.INGRESS, ordered, endpoints, sets),
        egress=DirectionTable.build(Direction.EGRESS, ordered, endpoints, sets),
        sets=sets,
    )
