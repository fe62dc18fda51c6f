"""Rules that allow nothing and policies that change nothing, against the slow implementation."""

from __future__ import annotations

from hypothesis import event, given, settings

from bot.policy.reach.model import ClusterModel, PolicyRef
from bot.policy.reach.redundancy import dead_rules, redundant_policies
from tests.support.property_examples import examples
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.states import Manifests, reach, without_nodes
from tests.unit.policy.reach.yaml_clusters import policy, world


@settings(max_examples=examples(100), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_a_redundant_policy_can_go_and_any_other_cannot(cluster: ClusterModel, manifests: Manifests) -> None:
    cluster = without_nodes(cluster)
    redundant = {item.policy for item in redundant_policies(reach(cluster, manifests))}
    addresses = oracle.probe_addresses(cluster, manifests, of_pods=True)
    ports = oracle.probe_ports(cluster.pods, manifests)
    everything = expected_answers.opened(cluster, manifests, addresses, ports)
    for removed in manifests:
        other_manifests = [manifest for manifest in manifests if manifest is not removed]
        same = expected_answers.opened(cluster, other_manifests, addresses, ports) == everything
        event(f"redundant: {same}")
        ref = PolicyRef(removed["metadata"]["namespace"], removed["metadata"]["name"])
        assert same == (ref in redundant)


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
    assert [(dead.rule.index, dead.peer, dead.why.split(" ")[0]) for dead in dead_rules(reach)] == [
        (0, None, "no"),
        (1, 1, "no"),
        (2, None, "no"),
    ]


def test_a_policy_that_selects_no_pod_is_redundant() -> None:
    reach = world(policy("podSelector: {matchLabels: {app: typo}}"), default__web="app=web")
    assert [(str(item.policy), item.why) for item in redundant_policies(reach)] == [
        ("default/policy", "it selects no pod")
    ]


def test_a_second_policy_that_says_the_same_is_redundant_and_so_is_the_first() -> None:
    deny = [policy("policyTypes: [Ingress]", name=name) for name in ("first", "second")]
    reach = world(*deny, default__web="", default__db="")
    why = "without it every connection would be the same"
    assert [(item.policy.name, item.why) for item in redundant_policies(reach)] == [
        ("first", why),
        ("second", why),
    ]
