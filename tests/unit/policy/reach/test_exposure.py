"""What is open to everyone, against the slow implementation."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings

from bot.policy.reach.exposure import ExposedWorkload, compute_exposure
from bot.policy.reach.model import ClusterModel, Direction
from tests.support.property_examples import examples
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.states import Manifests, reach, without_nodes
from tests.unit.policy.reach.yaml_clusters import policy, world


@settings(max_examples=examples(150), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_exposure_is_what_the_slow_implementation_finds(cluster: ClusterModel, manifests: Manifests) -> None:
    cluster = without_nodes(cluster)
    result = compute_exposure(reach(cluster, manifests))
    addresses = oracle.probe_addresses(cluster, manifests, of_pods=True)
    ports = oracle.probe_ports(cluster.pods, manifests)
    pairs = expected_answers.opened(cluster, manifests, addresses, ports)
    pods = {str(pod.ref): str(pod.owner) for pod in expected_answers.running(cluster)}
    everyone: dict[str, expected_answers.Set] = {}
    outside: dict[str, expected_answers.Set] = {}
    for ref, owner in pods.items():
        from_peers = [pairs[peer, ref] for peer in pods if peer != ref]
        everyone[owner] = everyone.get(owner, frozenset()) | (
            frozenset.intersection(*from_peers) if from_peers else frozenset()
        )
        from_outside = [pairs[str(address), ref] for address in addresses]
        outside[owner] = outside.get(owner, frozenset()).union(*from_outside)

    def on_ports(exposed: Iterable[ExposedWorkload]) -> dict[str, expected_answers.Set]:
        return {str(item.workload): expected_answers.on_ports(item.connections, ports) for item in exposed}

    assert on_ports(result.cluster_wide) == {owner: opened for owner, opened in everyone.items() if opened}
    assert on_ports(result.from_outside) == {owner: opened for owner, opened in outside.items() if opened}


@settings(max_examples=examples(100), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_workloads_that_no_policy_selects(cluster: ClusterModel, manifests: Manifests) -> None:
    result = compute_exposure(reach(cluster, manifests))
    for direction, unselected in (
        (Direction.INGRESS, result.unselected_ingress),
        (Direction.EGRESS, result.unselected_egress),
    ):
        assert set(unselected) == {
            pod.owner
            for pod in expected_answers.running(cluster)
            if not pod.host_network
            and not any(oracle.isolates(manifest, direction, pod) for manifest in manifests)
        }


def test_a_pod_alone_in_its_cluster_is_open_to_outside_only() -> None:
    result = compute_exposure(world(default__a=""))
    assert result.cluster_wide == ()
    assert [(str(item.workload), str(item.connections), item.pods) for item in result.from_outside] == [
        ("default/a[Pod]", "All Connections", 1)
    ]


def test_host_network_pods_are_listed_apart_because_no_policy_isolates_them() -> None:
    result = compute_exposure(
        world(policy("policyTypes: [Ingress, Egress]"), default__a="", default__agent="host")
    )
    assert result.unselected_ingress == result.unselected_egress == ()
    assert [str(workload) for workload in result.host_network] == ["default/agent[Pod]"]
