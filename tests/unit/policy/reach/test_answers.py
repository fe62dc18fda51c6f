"""Explanations and exposure against the slow implementation; rules and policies to no effect."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.policy.reach.engine import Reachability, compute
from bot.policy.reach.explanations import explain
from bot.policy.reach.exposure import exposure
from bot.policy.reach.idle import dead_rules, redundant_policies
from bot.policy.reach.model import ClusterModel, Direction, Pod, PolicyRef, Protocol
from bot.policy.reach.parser import parse_policy
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.yaml_clusters import end, policy, world

Manifests = list[dict[str, Any]]


def reach(cluster: ClusterModel, manifests: Manifests) -> Reachability:
    return compute(dataclasses.replace(cluster, policies=tuple(map(parse_policy, manifests))))


@settings(max_examples=200, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.data())
def test_an_explanation_agrees_with_the_slow_implementation(
    cluster: ClusterModel, manifests: Manifests, data: st.DataObject
) -> None:
    ends: list[oracle.End] = [*expected_answers.running(cluster), *oracle.probe_addresses(cluster, manifests)]
    source, destination = data.draw(st.sampled_from(ends)), data.draw(st.sampled_from(ends))
    if not isinstance(source, Pod) and not isinstance(destination, Pod):
        return
    port = data.draw(st.sampled_from(oracle.probe_ports(cluster.pods, manifests)))
    protocol = data.draw(st.sampled_from(list(Protocol)))
    names = [each.ref if isinstance(each, Pod) else each for each in (source, destination)]
    found = explain(reach(cluster, manifests), names[0], names[1], protocol=protocol, port=port)
    assert found.allowed == oracle.allowed(cluster, manifests, source, destination, protocol, port)
    assert found.allowed == found.connections.contains(protocol, port)
    event(f"allowed: {found.allowed}, by rules: {bool(found.egress.allowed_by or found.ingress.allowed_by)}")
    for side, subject in ((found.egress, source), (found.ingress, destination)):
        if not side.exempt and isinstance(subject, Pod):
            expected = {
                PolicyRef(each["metadata"]["namespace"], each["metadata"]["name"])
                for each in manifests
                if oracle.isolates(each, side.direction, subject)
            }
            assert set(side.isolated_by) == expected
    for side in (found.egress, found.ingress):
        for rule in side.allowed_by:
            assert rule.policy in side.isolated_by
            alone = _with_only(manifests, rule.policy, side.direction, rule.index)
            assert oracle.allowed(cluster, alone, source, destination, protocol, port)


def _with_only(manifests: Manifests, ref: PolicyRef, direction: Direction, index: int) -> Manifests:
    """The one policy, with the one rule, in the one direction."""
    section = direction.lower()
    for each in manifests:
        if (each["metadata"]["namespace"], each["metadata"]["name"]) == (ref.namespace, ref.name):
            spec = {**each["spec"], "policyTypes": [str(direction)], section: [each["spec"][section][index]]}
            return [{**each, "spec": spec}]
    raise AssertionError(ref)


@settings(max_examples=150, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_exposure_is_what_the_slow_implementation_finds(cluster: ClusterModel, manifests: Manifests) -> None:
    without_nodes = dataclasses.replace(
        cluster, nodes=(), pods=tuple(dataclasses.replace(pod, node="") for pod in cluster.pods)
    )
    found = exposure(reach(without_nodes, manifests))
    addresses, ports = oracle.probe_addresses(cluster, manifests), oracle.probe_ports(cluster.pods, manifests)
    pairs = expected_answers.opened(without_nodes, manifests, addresses, ports)
    pods = {str(pod.ref): str(pod.owner) for pod in expected_answers.running(cluster)}
    everyone: dict[str, expected_answers.Set] = {}
    outside: dict[str, expected_answers.Set] = {}
    for ref, owner in pods.items():
        others = [pairs[other, ref] for other in pods if other != ref]
        everyone[owner] = everyone.get(owner, frozenset()) | (
            frozenset.intersection(*others) if others else frozenset()
        )
        outside[owner] = outside.get(owner, frozenset()).union(*(pairs[str(each), ref] for each in addresses))
    seen = {
        str(each.workload): expected_answers.on_ports(each.connections, ports) for each in found.cluster_wide
    }
    assert seen == {owner: each for owner, each in everyone.items() if each}
    seen = {str(each.workload): expected_answers.on_ports(each.connections, ports) for each in found.outside}
    assert seen == {owner: each for owner, each in outside.items() if each}


@settings(max_examples=100, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_workloads_that_no_policy_selects(cluster: ClusterModel, manifests: Manifests) -> None:
    found = exposure(reach(cluster, manifests))
    for direction, listed in (
        (Direction.INGRESS, found.unselected_ingress),
        (Direction.EGRESS, found.unselected_egress),
    ):
        assert set(listed) == {
            pod.owner
            for pod in expected_answers.running(cluster)
            if not pod.host_network and not any(oracle.isolates(each, direction, pod) for each in manifests)
        }


@settings(max_examples=100, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_an_idle_policy_can_go_and_any_other_cannot(cluster: ClusterModel, manifests: Manifests) -> None:
    without_nodes = dataclasses.replace(
        cluster, nodes=(), pods=tuple(dataclasses.replace(pod, node="") for pod in cluster.pods)
    )
    idle = {each.policy for each in redundant_policies(reach(without_nodes, manifests))}
    addresses, ports = oracle.probe_addresses(cluster, manifests), oracle.probe_ports(cluster.pods, manifests)
    everything = expected_answers.opened(without_nodes, manifests, addresses, ports)
    for gone in manifests:
        rest = [each for each in manifests if each is not gone]
        same = expected_answers.opened(without_nodes, rest, addresses, ports) == everything
        event(f"idle: {same}")
        assert same == (PolicyRef(gone["metadata"]["namespace"], gone["metadata"]["name"]) in idle)


def test_an_explanation_names_policies_and_rules() -> None:
    found = explain(
        world(
            policy("podSelector: {}", name="deny"),
            policy(
                "ingress:\n- {ports: [{port: 443}]}\n- {from: [{podSelector: {}}], ports: [{port: http}]}",
                name="allow",
            ),
            default__a="http=TCP/8080",
            default__b="",
        ),
        end("b"),
        end("a"),
        protocol=Protocol.TCP,
        port=8080,
    )
    assert [str(each) for each in found.ingress.isolated_by] == ["default/allow", "default/deny"]
    assert [str(each) for each in found.ingress.allowed_by] == ["default/allow spec.ingress[1]"]
    assert str(found.connections) == "TCP 443,8080"
    assert not found.egress.isolated_by
    assert found.allowed


def test_dead_rules_say_what_matches_nothing() -> None:
    reach = world(
        policy(
            "podSelector: {matchLabels: {app: web}}\ningress:\n- {from: [{podSelector: {matchLabels: {app:"
            " typo}}}]}\n- {from: [{podSelector: {matchLabels: {app: db}}}, {namespaceSelector: {matchLabels:"
            " {team: nobody}}}]}\n- {ports: [{port: htpp}]}\n- {ports: [{port: http}]}\n",
        ),
        default__web="app=web http=TCP/80",
        default__db="app=db",
    )
    assert [(each.rule.index, each.peer, each.why.split(" ")[0]) for each in dead_rules(reach)] == [
        (0, None, "no"),
        (1, 1, "no"),
        (2, None, "no"),
    ]


def test_a_policy_that_selects_no_pod_is_idle() -> None:
    reach = world(policy("podSelector: {matchLabels: {app: typo}}"), default__web="app=web")
    assert [(str(each.policy), each.why) for each in redundant_policies(reach)] == [
        ("default/policy", "it selects no pod")
    ]
