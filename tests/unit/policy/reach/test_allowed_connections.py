"""Rows, at both levels, against the slow implementation; ranges outside are disjoint and maximal."""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.policy.reach.aggregation import GroupLevel
from bot.policy.reach.allowed_connections import AllowedConnection, list_allowed_connections
from bot.policy.reach.model import ClusterModel, Pod, Workload
from tests.support.property_examples import examples
from tests.unit.policy.reach import cluster_strategies, expected_answers, oracle
from tests.unit.policy.reach.states import Manifests, reach


def listed(cluster: ClusterModel, manifests: Manifests, level: GroupLevel) -> list[AllowedConnection]:
    return list(list_allowed_connections(reach(cluster, manifests), level))


def is_range(text: str) -> bool:
    return "/" not in text


@settings(max_examples=examples(150), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.sampled_from(GroupLevel))
def test_rows_are_what_the_slow_implementation_finds(
    cluster: ClusterModel, manifests: Manifests, level: GroupLevel
) -> None:
    listed_rows = listed(cluster, manifests, level)
    ipv6 = any(":" in end for row in listed_rows for end in (row.source, row.destination) if is_range(end))
    nodes = {str(address) for node in cluster_strategies.NODES for address in node.addresses}
    addresses = [
        address
        for address in oracle.probe_addresses(cluster, manifests)
        if (address.version == 4 or ipv6) and str(address) not in nodes
    ]
    ports = oracle.probe_ports(cluster.pods, manifests)
    expected = expected_answers.opened(cluster, manifests, addresses, ports)
    if level is GroupLevel.WORKLOAD:
        expected = expected_answers.by_workload(cluster, expected)
    actual = {}
    for row in listed_rows:
        connections = expected_answers.on_ports(row.connections, ports)
        event(
            "from outside"
            if is_range(row.source)
            else "to outside"
            if is_range(row.destination)
            else "inside"
        )
        for source, destination in itertools.product(
            _ends(row.source, addresses), _ends(row.destination, addresses)
        ):
            assert (source, destination) not in actual
            actual[source, destination] = connections
    assert {pair: opened for pair, opened in expected.items() if opened} == actual


def _ends(text: str, addresses: list[Any]) -> list[str]:
    return (
        [str(address) for address in addresses if expected_answers.inside(text, str(address))]
        if is_range(text)
        else [text]
    )


@settings(max_examples=examples(150), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.sampled_from(GroupLevel))
def test_ranges_are_disjoint_and_neighbours_differ_in_some_row(
    cluster: ClusterModel, manifests: Manifests, level: GroupLevel
) -> None:
    listed_rows = listed(cluster, manifests, level)
    of_range: dict[str, set[tuple[str, ...]]] = {}
    for row in listed_rows:
        if is_range(row.source):
            of_range.setdefault(row.source, set()).add(("from", row.destination, str(row.connections)))
        if is_range(row.destination):
            of_range.setdefault(row.destination, set()).add(("to", row.source, str(row.connections)))
    ends = sorted(
        (first.version, int(first), int(last), text)
        for text in of_range
        for first, last in [[ipaddress.ip_address(end) for end in text.split("-")]]
    )
    for (version, _, last, lower), (other_version, first, _, upper) in itertools.pairwise(ends):
        if version == other_version:
            assert last < first
            if last + 1 == first:
                event("neighbours")
                assert of_range[lower] != of_range[upper]


@settings(max_examples=examples(50), deadline=None)
@given(cluster_strategies.clusters(), cluster_strategies.manifests(), st.sampled_from(GroupLevel))
def test_rows_are_sorted_and_none_is_empty(
    cluster: ClusterModel, manifests: Manifests, level: GroupLevel
) -> None:
    listed_rows = listed(cluster, manifests, level)
    assert listed_rows == sorted(listed_rows, key=lambda row: (row.source, row.destination))
    assert all(row.connections for row in listed_rows)
    assert not any(is_range(row.source) and is_range(row.destination) for row in listed_rows)


def deployment(name: str, pods: int) -> tuple[Pod, ...]:
    owner = Workload("shop", "Deployment", name)
    return tuple(
        Pod(namespace="shop", name=f"{name}-{number}", labels={"app": name}, workload=owner)
        for number in range(pods)
    )


def test_a_workload_of_one_pod_has_no_row_to_itself_and_one_of_two_has() -> None:
    listed_rows = listed(
        ClusterModel(pods=(*deployment("one", 1), *deployment("two", 2))), [], GroupLevel.WORKLOAD
    )
    assert [str(row) for row in listed_rows] == [
        "0.0.0.0-255.255.255.255 => shop/one[Deployment] : All Connections",
        "0.0.0.0-255.255.255.255 => shop/two[Deployment] : All Connections",
        "shop/one[Deployment] => 0.0.0.0-255.255.255.255 : All Connections",
        "shop/one[Deployment] => shop/two[Deployment] : All Connections",
        "shop/two[Deployment] => 0.0.0.0-255.255.255.255 : All Connections",
        "shop/two[Deployment] => shop/one[Deployment] : All Connections",
        "shop/two[Deployment] => shop/two[Deployment] : All Connections",
    ]


def test_outside_is_ipv6_too_once_a_policy_names_it() -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "fd00::/8"}}]}]},
    }
    listed_rows = listed(ClusterModel(pods=deployment("one", 1)), [policy], GroupLevel.WORKLOAD)
    assert [str(row) for row in listed_rows] == [
        "fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff => shop/one[Deployment] : All Connections",
        "shop/one[Deployment] => 0.0.0.0-255.255.255.255 : All Connections",
        "shop/one[Deployment] => ::-fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff : All Connections",
        "shop/one[Deployment] => fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff : All Connections",
        "shop/one[Deployment] => fe00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff : All Connections",
    ]


def test_a_row_without_a_pod_does_not_exist() -> None:
    assert listed(ClusterModel(), [], GroupLevel.POD) == []
