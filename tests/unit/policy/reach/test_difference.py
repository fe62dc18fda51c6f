"""What changes, against the slow implementation before and after; and the sentences of a preview."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from bot.policy.reach.difference import IsolationChange, ReachDifference, compare_states
from bot.policy.reach.model import ClusterModel, Direction, PolicyRef
from bot.policy.reach.parser import parse_policy
from tests.support.property_examples import examples
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.shop import policy, preview
from tests.unit.policy.reach.states import Manifests, reach


def expected_changes(
    before: tuple[ClusterModel, Manifests],
    after: tuple[ClusterModel, Manifests],
    addresses: list[Any],
    ports: list[int],
) -> tuple[dict[tuple[str, str], tuple[Any, ...]], set[str]]:
    """For each pair of workloads what closes, what opens, and how many pods of each end are touched."""
    old, new = (expected_answers.opened(*state, addresses, ports) for state in (before, after))
    pods = [pod for cluster, _ in (before, after) for pod in expected_answers.running(cluster)]
    owners = {str(pod.ref): str(pod.owner) for pod in pods}
    closes: dict[Any, expected_answers.Set] = defaultdict(frozenset)
    opens: dict[Any, expected_answers.Set] = defaultdict(frozenset)
    sources: dict[Any, set[str]] = defaultdict(set)
    destinations: dict[Any, set[str]] = defaultdict(set)
    for source, destination in old.keys() | new.keys():
        old_set, new_set = (pairs.get((source, destination), frozenset()) for pairs in (old, new))
        if old_set != new_set:
            pair = owners.get(source, source), owners.get(destination, destination)
            closes[pair] |= old_set - new_set
            opens[pair] |= new_set - old_set
            sources[pair].add(source)
            destinations[pair].add(destination)
    return {
        pair: (
            closes[pair],
            opens[pair],
            0 if expected_answers.is_address(pair[0]) else len(sources[pair]),
            0 if expected_answers.is_address(pair[1]) else len(destinations[pair]),
        )
        for pair in sources
    }, set(owners.values())


def assert_same(
    changed: ReachDifference,
    before: tuple[ClusterModel, Manifests],
    after: tuple[ClusterModel, Manifests],
    *,
    counts: bool,
) -> None:
    everything = [*before[1], *after[1]]
    cluster = ClusterModel(pods=(*before[0].pods, *after[0].pods))
    nodes = {str(address) for node in cluster_strategies.NODES for address in node.addresses}
    ipv6 = any(
        "ipBlock" in str(manifest) and ":" in str(manifest).split("ipBlock", 1)[1] for manifest in everything
    ) and any(":" in change.source or ":" in change.destination for change in changed.changes)
    addresses = [
        address
        for address in oracle.probe_addresses(cluster, everything)
        if (address.version == 4 or ipv6) and str(address) not in nodes
    ]
    ports = oracle.probe_ports(cluster.pods, everything)
    expected, _ = expected_changes(before, after, addresses, ports)
    actual = {}
    for change in changed.changes:
        assert change.closes or change.opens
        sets_and_pods = (
            expected_answers.on_ports(change.closes, ports),
            expected_answers.on_ports(change.opens, ports),
            change.source_pods,
            change.destination_pods,
        )
        event("closes" if change.closes else "opens")
        for source in _ends(change.source, addresses):
            for destination in _ends(change.destination, addresses):
                assert (source, destination) not in actual
                actual[source, destination] = sets_and_pods
    if not counts:
        expected, actual = (
            {pair: sets_and_pods[:2] for pair, sets_and_pods in pairs.items()} for pairs in (expected, actual)
        )
    assert expected == actual


def _ends(text: str, addresses: list[Any]) -> list[str]:
    if "/" in text:
        return [text]
    return [str(address) for address in addresses if expected_answers.inside(text, str(address))]


@settings(max_examples=examples(200), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), cluster_strategies.policies("new"))
def test_a_preview_names_exactly_what_closes_and_opens(
    cluster: ClusterModel, manifests: Manifests, new: dict[str, Any]
) -> None:
    before = reach(cluster, manifests)
    changed = compare_states(before, before.with_policy(parse_policy(new)))
    event("nothing changes" if changed.nothing_changes else "something changes")
    assert_same(changed, (cluster, manifests), (cluster, [*manifests, new]), counts=True)


@settings(max_examples=examples(100), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.data())
def test_removing_a_policy_opens_what_adding_it_closed(
    cluster: ClusterModel, manifests: Manifests, data: st.DataObject
) -> None:
    new = data.draw(cluster_strategies.policies("new"))
    before = reach(cluster, manifests)
    after = before.with_policy(parse_policy(new))
    added = compare_states(before, after)
    removed = compare_states(after, after.without_policy(PolicyRef(new["metadata"]["namespace"], "new")))
    assert [
        (change.source, change.destination, change.opens, change.closes) for change in removed.changes
    ] == [(change.source, change.destination, change.closes, change.opens) for change in added.changes]


@settings(max_examples=examples(100), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    cluster_strategies.clusters(),
    cluster_strategies.manifests(),
    cluster_strategies.clusters(),
    cluster_strategies.manifests(),
)
def test_two_folders_are_compared_pod_by_pod(
    cluster: ClusterModel, manifests: Manifests, changed_cluster: ClusterModel, changed_manifests: Manifests
) -> None:
    changed = compare_states(reach(cluster, manifests), reach(changed_cluster, changed_manifests))
    assert_same(changed, (cluster, manifests), (changed_cluster, changed_manifests), counts=False)


@settings(max_examples=examples(50), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_nothing_changes_between_equal_states(cluster: ClusterModel, manifests: Manifests) -> None:
    changed = compare_states(reach(cluster, manifests), reach(cluster, manifests))
    assert changed.nothing_changes
    assert list(changed.changes) == []
    assert not changed.isolated
    assert not changed.released
    assert not changed.loses_dns


@settings(max_examples=examples(100), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), cluster_strategies.policies("new"))
def test_pods_newly_isolated_are_those_that_only_the_new_policy_selects(
    cluster: ClusterModel, manifests: Manifests, new: dict[str, Any]
) -> None:
    before = reach(cluster, manifests)
    changed = compare_states(before, before.with_policy(parse_policy(new)))
    expected = {
        IsolationChange(pod.ref, direction)
        for pod in expected_answers.running(cluster)
        for direction in Direction
        if oracle.isolates(new, direction, pod)
        and not any(oracle.isolates(manifest, direction, pod) for manifest in manifests)
    }
    assert set(changed.isolated) == expected
    assert not changed.released


def test_changes_are_grouped_by_workload_with_the_pods_they_touch() -> None:
    changed = preview(policy("cart", {"podSelector": {"matchLabels": {"app": "cart"}}, "ingress": []}))
    assert [
        (c.source, c.destination, str(c.closes), c.source_pods, c.destination_pods) for c in changed.changes
    ] == [
        ("0.0.0.0-255.255.255.255", "shop/cart[Deployment]", "All Connections", 0, 2),
        ("kube-system/coredns[Deployment]", "shop/cart[Deployment]", "All Connections", 2, 2),
        ("shop/cart[Deployment]", "shop/cart[Deployment]", "All Connections", 2, 2),
        ("shop/web[Deployment]", "shop/cart[Deployment]", "All Connections", 1, 2),
    ]
    assert all(change.closes and not change.opens for change in changed.changes)


def test_a_second_deny_isolates_nobody_anew_and_changes_nothing() -> None:
    changed = preview(policy("again", {"ingress": []}), [policy("deny", {"ingress": []})])
    assert changed.nothing_changes
    assert not changed.isolated


def test_a_policy_that_allows_everything_isolates_and_still_changes_nothing() -> None:
    changed = preview(policy("open", {"ingress": [{}]}))
    assert changed.nothing_changes
    assert len(changed.isolated) == 3
