"""Flannel's pod ranges, leases and tunnel endpoints, as the annotations of nodes show them."""

from __future__ import annotations

import json

from bot.adapters.kube.objects import NodeObject
from bot.drivers.flannel import checks
from tests.unit.drivers.builders import facts, lines, node, pod

PREFIX = checks.PREFIX


def leased(name: str, ip: str, *, mac: str = "", **flannel_annotations: str) -> NodeObject:
    annotations = {f"{PREFIX}kube-subnet-manager": "true", f"{PREFIX}public-ip": ip}
    if mac:
        annotations[f"{PREFIX}backend-data"] = json.dumps({"VNI": 1, "VtepMAC": mac})
    changed = {f"{PREFIX}{key.replace('_', '-')}": value for key, value in flannel_annotations.items()}
    return node(name, ip=ip, annotations=annotations | changed)


def test_a_node_needs_a_pod_range_of_its_own() -> None:
    nodes = (
        node("n1", pod_cidr="10.101.1.0/24"),
        node("n2"),
        node("n3", pod_cidr="10.101.1.0/24"),
        node("n4", pod_cidr="10.101.4.0/24"),
    )
    assert lines(checks.pod_ranges(facts(nodes=nodes))) == [
        "error no pod range [n2] spec.podCIDR is empty, so Flannel gets no lease (node range full, or"
        " allocation is off)",
        "error two nodes have one pod range [n3] 10.101.1.0/24 belongs to n1 as well",
    ]


def test_a_node_without_a_lease_is_ignored_by_the_others() -> None:
    nodes = (leased("n1", "10.0.0.1"), node("n2", ip="10.0.0.2"))
    [finding] = checks.leases(facts(nodes=nodes, pods=(pod(on="n1"), pod(on="n2"))))
    assert (finding.node, finding.title) == ("n2", "ignored by all other nodes")
    assert f"{PREFIX}kube-subnet-manager is missing" in finding.detail
    assert finding.advice == "restart its pod; /xk8s diagnose prod-eu --node n2"


def test_a_node_where_flannel_does_not_run_has_no_lease_to_miss() -> None:
    assert not list(checks.leases(facts(nodes=(node("n1"),), pods=(pod(on="n1", ready=False),))))


def test_a_lease_with_another_address_than_the_nodes_is_a_warning_unless_it_is_overwritten() -> None:
    wrong = leased("n1", "10.0.0.1", public_ip="192.168.0.1")
    meant = leased("n2", "10.0.0.2", public_ip="192.168.0.2", public_ip_overwrite="10.0.0.2")
    running = (pod(on="n1"), pod(on="n2"))
    assert lines(checks.leases(facts(nodes=(wrong, meant), pods=running))) == [
        "warning Flannel uses another address than the node's [n1] public-ip is 192.168.0.1,"
        " InternalIP is 10.0.0.1"
    ]


def test_an_address_or_a_mac_that_two_nodes_have_is_one_tunnel_endpoint() -> None:
    nodes = (
        leased("n1", "10.0.0.1", mac="aa:aa"),
        leased("n2", "10.0.0.1", mac="bb:bb"),
        leased("n3", "10.0.0.3", mac="aa:aa"),
    )
    assert lines(checks.tunnel_endpoints(facts(nodes=nodes))) == [
        "error two nodes are one tunnel endpoint [n2] public-ip 10.0.0.1 stands on n1 and n2",
        "error two nodes are one tunnel endpoint [n3] VTEP MAC aa:aa stands on n1 and n3",
    ]


def test_backend_data_that_is_no_json_or_has_no_mac_says_nothing() -> None:
    broken = node("n1", annotations={f"{PREFIX}backend-data": "{"})
    host_gw = node("n2", annotations={f"{PREFIX}backend-data": "null"})
    assert not list(checks.tunnel_endpoints(facts(nodes=(broken, host_gw, broken, host_gw))))


def test_every_check_runs_under_the_name_that_reports_count_it_by() -> None:
    healthy = facts(nodes=(leased("n1", "10.0.0.1"),))
    assert [check.run(healthy).name for check in checks.CHECKS] == [
        "pod ranges of the nodes",
        "Flannel's leases",
        "unique tunnel endpoints",
    ]
