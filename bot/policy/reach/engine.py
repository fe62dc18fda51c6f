"""Computes who may connect to whom: what egress of the source and ingress of the destination both allow.

Each direction is a `side.Side`; the answer for a pair is one look into both tables and one intersection. No
matrix of pods is ever built: classes of endpoints that nothing tells apart stand for them, and `between`
gives a matrix of them at once.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bot.policy.reach.addresses import position
from bot.policy.reach.connection_sets import Ids, SetTable
from bot.policy.reach.connections import ALL, Connections
from bot.policy.reach.direction_table import DirectionTable
from bot.policy.reach.endpoints import Endpoints, blocks_of
from bot.policy.reach.model import Address, ClusterModel, Direction, PodRef, Policy, PolicyRef
from bot.policy.reach.pod_index import Population

Endpoint = PodRef | Address  # a pod by name, or an address outside of the cluster


class Reachability:
    """The allowed connections of a cluster. Immutable: changing a policy gives another one.

    `policies` are those in force, by name; `endpoints`, `ingress`, `egress` and `sets` are the tables for the
    modules that ask about all pairs. States that come from one another share `population` and `sets`.
    """

    def __init__(
        self,
        *,
        population: Population,
        policies: Mapping[PolicyRef, Policy],
        endpoints: Endpoints,
        ingress: DirectionTable,
        egress: DirectionTable,
        sets: SetTable,
    ) -> None:
        self.population = population
        self.policies = policies
        self.endpoints = endpoints
        self.ingress = ingress
        self.egress = egress
        self.sets = sets

    @property
    def cluster(self) -> ClusterModel:
        """The cluster with the policies in force; finished pods included."""
        ordered = tuple(self.policies[ref] for ref in sorted(self.policies))
        return dataclasses.replace(self.population.cluster, policies=ordered)

    def connections(self, source: Endpoint, destination: Endpoint) -> Connections:
        """What `source` may open to `destination`: exact for every protocol and port.

        A pod to itself and a node to its own pods: `ALL`. An address of a pod of the cluster is that pod.
        Raises `KeyError` for a pod that is not there or has finished.
        """
        source, destination = self.meant(source), self.meant(destination)
        if source == destination or self.own_node(source, destination):
            return ALL
        left, right = self.endpoint(source), self.endpoint(destination)
        out = self.egress.cells[self.egress.rows_of[left], self.egress.columns_of[right]]
        into = self.ingress.cells[self.ingress.rows_of[right], self.ingress.columns_of[left]]
        return self.sets[int(out)] & self.sets[int(into)]

    def with_policy(self, policy: Policy) -> Reachability:
        """The same cluster with this policy added, or put in place of the one of the same name."""
        base = self.without_policy(policy.ref) if policy.ref in self.policies else self
        endpoints, parents = base.endpoints.split(blocks_of([policy]))
        return Reachability(
            population=self.population,
            policies={**base.policies, policy.ref: policy},
            endpoints=endpoints,
            ingress=base.ingress.with_policy(policy, endpoints, parents),
            egress=base.egress.with_policy(policy, endpoints, parents),
            sets=self.sets,
        )

    def without_policy(self, policy: PolicyRef) -> Reachability:
        """The same cluster without this policy. Raises `KeyError` if there is none."""
        policies = dict(self.policies)
        del policies[policy]
        return Reachability(
            population=self.population,
            policies=policies,
            endpoints=self.endpoints,
            ingress=self.ingress.without_policy(policy, self.endpoints),
            egress=self.egress.without_policy(policy, self.endpoints),
            sets=self.sets,
        )

    def meant(self, endpoint: Endpoint) -> Endpoint:
        """The pod that an address belongs to, if there is one in the cluster; else the endpoint itself."""
        if isinstance(endpoint, PodRef):
            return endpoint
        return self.population.pod_at(position(endpoint)) or endpoint

    def endpoint(self, endpoint: Endpoint) -> int:
        """Its number in `endpoints`. Raises `KeyError` for a pod that is not there or has finished."""
        if isinstance(endpoint, PodRef):
            return int(self.endpoints.unit_of_pod[self.population.index[endpoint]])
        return self.endpoints.range_at(position(endpoint))

    def own_node(self, source: Endpoint, destination: Endpoint) -> bool:
        """Whether the source is the node, or a host-network pod on the node, that runs the destination."""
        if not isinstance(destination, PodRef):
            return False
        node = self.population.pods[self.population.index[destination]].node
        if not node:
            return False
        if isinstance(source, PodRef):
            pod = self.population.pods[self.population.index[source]]
            return pod.host_network and pod.node == node
        return self.population.node_at(position(source)) == node

    def side(self, direction: Direction) -> DirectionTable:
        """The table of one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress

    @functools.cached_property
    def class_of(self) -> Ids:
        """The class of each endpoint: endpoints of one class may connect to the same, and the same to
        them.
        """
        return _combined(self.source_role_of, self.destination_role_of)

    @functools.cached_property
    def source_role_of(self) -> Ids:
        """The role of each endpoint as a source: endpoints of one role may connect to the same.

        A pair of classes has the connections of the one's role as a source and the other's as a destination,
        so that all pairs of roles are all there is to know; there are fewer of them.
        """
        return _combined(self.egress.rows_of, self.ingress.columns_of)

    @functools.cached_property
    def destination_role_of(self) -> Ids:
        """The role of each endpoint as a destination: the same may connect to endpoints of one role."""
        return _combined(self.ingress.rows_of, self.egress.columns_of)

    def between(self, sources: npt.NDArray[np.integer], destinations: npt.NDArray[np.integer]) -> Ids:
        """A matrix: what each of these endpoints may open to each of those, as numbers of `sets`.

        Some tens of sources at once stay in the processor's cache, which is three times as fast as all at
        once. Self traffic and own nodes are exempt from policies and are not looked at here.
        """
        out = self.egress.cells[self.egress.rows_of[sources]].take(
            self.egress.columns_of[destinations], axis=1
        )
        seen = np.ascontiguousarray(self.ingress.cells[:, self.ingress.columns_of[sources]].T)
        return self.sets.intersections(out, seen.take(self.ingress.rows_of[destinations], axis=1))


def _combined(one: Ids, other: Ids) -> Ids:
    """A number for each pair of numbers that occurs."""
    _, numbers = np.unique(
        one.astype(np.int64) * (int(other.max(initial=0)) + 1) + other, return_inverse=True
    )
    found: Ids = numbers.astype(np.int32)
    return found


def compute(cluster: ClusterModel) -> Reachability:
    """Compute the allowed connections of a cluster. Of two policies with one name the later counts."""
    policies = {policy.ref: policy for policy in cluster.policies}
    ordered = [policies[ref] for ref in sorted(policies)]
    population, sets = Population(cluster), SetTable()
    endpoints, _ = Endpoints.whole(population).split(blocks_of(ordered))
    return Reachability(
        population=population,
        policies=policies,
        endpoints=endpoints,
        ingress=DirectionTable.build(Direction.INGRESS, ordered, endpoints, sets),
        egress=DirectionTable.build(Direction.EGRESS, ordered, endpoints, sets),
        sets=sets,
    )
