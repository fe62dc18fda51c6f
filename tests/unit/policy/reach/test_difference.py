"""What changes, against the slow implementation before and after; and the sentences of a preview."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from bot.policy.reach.difference import Isolation, ReachDifference, difference
from bot.policy.reach.model import ClusterModel, Direction, PolicyRef
from bot.policy.reach.parser import parse_policy
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.shop import policy, preview
from tests.unit.policy.reach.states import Manifests, reach


def expected_changes(
    before: tuple[ClusterModel, Manifests],
    after: tuple[ClusterModel, Manifests],
    addresses: list[Any],
    ports: list[int],
) -> tuple[dict[tuple[str, str], tuple[Any, ...]], set[str]]:
    """For each pair of parties what closes, what opens, and how many pods of each end are touched."""
    old, new = (expected_answers.opened(*state, addresses, ports) for state in (before, after))
    owners = {
        str(pod.ref): str(pod.owner) for each in (before, after) for pod in expected_answers.running(each[0])
    }
    closes: dict[Any, expected_answers.Set] = defaultdict(frozenset)
    opens: dict[Any, expected_answers.Set] = defaultdict(frozenset)
    sources: dict[Any, set[str]] = defaultdict(set)
    destinations: dict[Any, set[str]] = defaultdict(set)
    for source, destination in old.keys() | new.keys():
        was, will = (each.get((source, destination), frozenset()) for each in (old, new))
        if was != will:
            pair = owners.get(source, source), owners.get(destination, destination)
            closes[pair] |= was - will
            opens[pair] |= will - was
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
    found: ReachDifference,
    before: tuple[ClusterModel, Manifests],
    after: tuple[ClusterModel, Manifests],
    *,
    counts: bool,
) -> None:
    everything = [*before[1], *after[1]]
    cluster = ClusterModel(pods=(*before[0].pods, *after[0].pods))
    nodes = {str(address) for node in cluster_strategies.NODES for address in node.addresses}
    ipv6 = any(
        "ipBlock" in str(each) and ":" in str(each).split("ipBlock", 1)[1] for each in everything
    ) and any(":" in change.source or ":" in change.destination for change in found.changes)
    addresses = [
        each
        for each in oracle.probe_addresses(cluster, everything)
        if (each.version == 4 or ipv6) and str(each) not in nodes
    ]
    ports = oracle.probe_ports(cluster.pods, everything)
    expected, _ = expected_changes(before, after, addresses, ports)
    seen = {}
    for change in found.changes:
        assert change.closes or change.opens
        what = (
            expected_answers.on_ports(change.closes, ports),
            expected_answers.on_ports(change.opens, ports),
            change.source_pods,
            change.destination_pods,
        )
        event("closes" if change.closes else "opens")
        for source in _ends(change.source, addresses):
            for destination in _ends(change.destination, addresses):
                assert (source, destination) not in seen
                seen[source, destination] = what
    if not counts:
        expected, seen = ({pair: what[:2] for pair, what in each.items()} for each in (expected, seen))
    assert expected == seen


def _ends(text: str, addresses: list[Any]) -> list[str]:
    if "/" in text:
        return [text]
    return [str(each) for each in addresses if expected_answers.inside(text, str(each))]


@settings(max_examples=200, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), cluster_strategies.policies("new"))
def test_a_preview_names_exactly_what_closes_and_opens(
    cluster: ClusterModel, manifests: Manifests, new: dict[str, Any]
) -> None:
    before = reach(cluster, manifests)
    found = difference(before, before.with_policy(parse_policy(new)))
    event("nothing changes" if found.nothing_changes else "something changes")
    assert_same(found, (cluster, manifests), (cluster, [*manifests, new]), counts=True)


@settings(max_examples=100, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.data())
def test_removing_a_policy_opens_what_adding_it_closed(
    cluster: ClusterModel, manifests: Manifests, data: st.DataObject
) -> None:
    new = data.draw(cluster_strategies.policies("new"))
    before = reach(cluster, manifests)
    after = before.with_policy(parse_policy(new))
    there = [
        (each.source, each.destination, each.closes, each.opens) for each in difference(before, after).changes
    ]
    gone = difference(after, after.without_policy(PolicyRef(new["metadata"]["namespace"], "new")))
    assert [(each.source, each.destination, each.opens, each.closes) for each in gone.changes] == there


@settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    cluster_strategies.clusters(),
    cluster_strategies.manifests(),
    cluster_strategies.clusters(),
    cluster_strategies.manifests(),
)
def test_two_folders_are_compared_pod_by_pod(
    cluster: ClusterModel, manifests: Manifests, other: ClusterModel, others: Manifests
) -> None:
    found = difference(reach(cluster, manifests), reach(other, others))
    assert_same(found, (cluster, manifests), (other, others), counts=False)


@settings(max_examples=50, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests())
def test_nothing_changes_between_equal_states(cluster: ClusterModel, manifests: Manifests) -> None:
    found = difference(reach(cluster, manifests), reach(cluster, manifests))
    assert found.nothing_changes
    assert list(found.changes) == []
    assert not found.isolated
    assert not found.released
    assert not found.loses_dns


@settings(max_examples=100, deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), cluster_strategies.policies("new"))
def test_pods_newly_isolated_are_those_that_only_the_new_policy_selects(
    cluster: ClusterModel, manifests: Manifests, new: dict[str, Any]
) -> None:
    before = reach(cluster, manifests)
    found = difference(before, before.with_policy(parse_policy(new)))
    expected = {
        Isolation(pod.ref, direction)
        for pod in expected_answers.running(cluster)
        for direction in Direction
        if oracle.isolates(new, direction, pod)
        and not any(oracle.isolates(each, direction, pod) for each in manifests)
    }
    assert set(found.isolated) == expected
    assert not found.released


def test_changes_are_grouped_by_workload_with_the_pods_they_touch() -> None:
    found = preview(policy("cart", {"podSelector": {"matchLabels": {"app": "cart"}}, "ingress": []}))
    assert [
        (c.source, c.destination, str(c.closes), c.source_pods, c.destination_pods) for c in found.changes
    ] == [
        ("0.0.0.0-255.255.255.255", "shop/cart[Deployment]", "All Connections", 0, 2),
        ("kube-system/coredns[Deployment]", "shop/cart[Deployment]", "All Connections", 2, 2),
        ("shop/cart[Deployment]", "shop/cart[Deployment]", "All Connections", 2, 2),
        ("shop/web[Deployment]", "shop/cart[Deployment]", "All Connections", 1, 2),
    ]
    assert all(change.closes and not change.opens for change in found.changes)


def test_a_second_deny_isolates_nobody_anew_and_changes_nothing() -> None:
    found = preview(policy("again", {"ingress": []}), [policy("deny", {"ingress": []})])
    assert found.nothing_changes
    assert not found.isolated


def test_a_policy_that_allows_everything_isolates_and_still_changes_nothing() -> None:
    found = preview(policy("open", {"ingress": [{}]}))
    assert found.nothing_changes
    assert len(found.isolated) == 3
