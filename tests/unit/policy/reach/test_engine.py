"""The engine against the slow implementation, on dense little clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Endpoint, Reachability
from bot.policy.reach.model import ClusterModel, Pod, PolicyRef, Protocol
from bot.policy.reach.parser import parse_policy
from tests.support.property_examples import examples
from tests.unit.policy.reach import cluster_strategies, oracle
from tests.unit.policy.reach.states import Manifests, reach


def ends(cluster: ClusterModel, manifests: Manifests) -> list[oracle.End]:
    running = [pod for pod in cluster.pods if not pod.finished]
    return [*running, *oracle.probe_addresses(cluster, manifests)]


def named(end: oracle.End) -> Endpoint:
    return end.ref if isinstance(end, Pod) else end


def assert_same_as_oracle(state: Reachability, cluster: ClusterModel, manifests: Manifests) -> None:
    ports = oracle.probe_ports(cluster.pods, manifests)
    all_ends = ends(cluster, manifests)
    for source in all_ends:
        for destination in all_ends:
            if not isinstance(source, Pod) and not isinstance(destination, Pod):
                continue
            connections = state.connections(named(source), named(destination))
            for protocol in Protocol:
                for port in ports:
                    expected = oracle.allowed(cluster, manifests, source, destination, protocol, port)
                    assert connections.contains(protocol, port) == expected, (
                        source,
                        destination,
                        protocol,
                        port,
                    )
            note(connections, source, destination)


def note(connections: Connections, source: oracle.End, destination: oracle.End) -> None:
    kind = "partial" if str(connections) not in ("All Connections", "No Connections") else str(connections)
    event(f"{type(source).__name__} to {type(destination).__name__}: {kind}")


@settings(max_examples=examples(250), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_every_pair_protocol_and_port_is_as_the_slow_implementation_says(
    cluster: ClusterModel, manifests: Manifests
) -> None:
    assert_same_as_oracle(reach(cluster, manifests), cluster, manifests)


@settings(max_examples=examples(150), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), cluster_strategies.policies("new"))
def test_a_policy_added_to_a_computed_state_gives_the_state_with_it(
    cluster: ClusterModel, manifests: Manifests, new: dict[str, Any]
) -> None:
    changed = reach(cluster, manifests).with_policy(parse_policy(new))
    assert_same_as_oracle(changed, cluster, [*manifests, new])


@settings(max_examples=examples(100), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.data())
def test_a_series_of_changes_gives_the_state_that_is_left(
    cluster: ClusterModel, manifests: Manifests, data: st.DataObject
) -> None:
    state = reach(cluster, manifests)
    remaining = {parse_policy(manifest).ref: manifest for manifest in manifests}
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()) and remaining:
            removed = data.draw(st.sampled_from(sorted(remaining)))
            state = state.without_policy(removed)
            del remaining[removed]
            event("removed")
        else:
            name = data.draw(st.sampled_from(("p0", "p1", "new")))
            new: dict[str, Any] = data.draw(cluster_strategies.policies(name))
            ref = PolicyRef(new["metadata"]["namespace"], name)
            event("replaced" if ref in remaining else "added")
            state = state.with_policy(parse_policy(new))
            remaining[ref] = new
    assert_same_as_oracle(state, cluster, list(remaining.values()))


@settings(max_examples=examples(100), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_endpoints_of_one_class_cannot_be_told_apart(cluster: ClusterModel, manifests: Manifests) -> None:
    state = reach(cluster, manifests)
    every = np.arange(state.endpoints.count)
    matrix = state.connection_matrix(every, every)
    classes = state.class_of
    for first in range(state.endpoints.count):
        for second in range(first):
            if classes[first] == classes[second]:
                event("two endpoints of one class")
                assert (matrix[first] == matrix[second]).all()
                assert (matrix[:, first] == matrix[:, second]).all()
