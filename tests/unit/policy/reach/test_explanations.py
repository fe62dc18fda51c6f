"""Explanations against the slow implementation, and the policies and rules that they name."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.policy.reach.explanations import explain
from bot.policy.reach.model import ClusterModel, Direction, Pod, PolicyRef, Protocol
from tests.support.property_examples import examples
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.states import Manifests, reach
from tests.unit.policy.reach.yaml_clusters import end, policy, world


@settings(max_examples=examples(200), deadline=None)
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
    names = [pod.ref if isinstance(pod, Pod) else pod for pod in (source, destination)]
    explanation = explain(reach(cluster, manifests), *names, protocol=protocol, port=port)
    assert explanation.allowed == oracle.allowed(cluster, manifests, source, destination, protocol, port)
    assert explanation.allowed == explanation.connections.contains(protocol, port)
    by_rules = bool(explanation.egress.allowed_by or explanation.ingress.allowed_by)
    event(f"allowed: {explanation.allowed}, by rules: {by_rules}")
    for side, subject in ((explanation.egress, source), (explanation.ingress, destination)):
        if not side.exempt and isinstance(subject, Pod):
            expected = {
                PolicyRef(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
                for manifest in manifests
                if oracle.isolates(manifest, side.direction, subject)
            }
            assert set(side.isolated_by) == expected
    for side in (explanation.egress, explanation.ingress):
        for rule in side.allowed_by:
            assert rule.policy in side.isolated_by
            alone = _with_only(manifests, rule.policy, side.direction, rule.index)
            assert oracle.allowed(cluster, alone, source, destination, protocol, port)


def _with_only(manifests: Manifests, ref: PolicyRef, direction: Direction, index: int) -> Manifests:
    """The one policy, with the one rule, in the one direction."""
    section = direction.lower()
    for manifest in manifests:
        if (manifest["metadata"]["namespace"], manifest["metadata"]["name"]) == (ref.namespace, ref.name):
            rule = manifest["spec"][section][index]
            spec = {**manifest["spec"], "policyTypes": [str(direction)], section: [rule]}
            return [{**manifest, "spec": spec}]
    raise AssertionError(ref)


def test_an_explanation_names_policies_and_rules() -> None:
    explanation = explain(
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
    assert [str(ref) for ref in explanation.ingress.isolated_by] == ["default/allow", "default/deny"]
    assert [str(rule) for rule in explanation.ingress.allowed_by] == ["default/allow spec.ingress[1]"]
    assert str(explanation.connections) == "TCP 443,8080"
    assert not explanation.egress.isolated_by
    assert explanation.allowed


def test_each_reason_why_no_policy_decides_is_named() -> None:
    deny = policy("policyTypes: [Ingress, Egress]")
    reach = world(deny, default__a="", default__host="host node:n1", default__web="node:n1")

    def exempt(source: str, destination: str) -> tuple[str, str]:
        explanation = explain(reach, end(source), end(destination), protocol=Protocol.TCP, port=80)
        return explanation.egress.exempt, explanation.ingress.exempt

    itself = "a pod always reaches itself"
    assert exempt("a", "a") == (itself, itself)
    assert exempt("192.0.2.1", "a") == ("an address outside of the cluster has no policies", "")
    assert exempt("host", "a") == ("a pod on its node's network is not isolated by policies", "")
    assert exempt("host", "web")[1] == "a node always reaches its own pods"
