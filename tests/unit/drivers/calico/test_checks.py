"""Calico's datastore, pools, node addresses and WireGuard, as the API shows them."""

from __future__ import annotations

from bot.drivers.calico import checks
from tests.unit.drivers.builders import facts, lines, node, resources

ADDRESS, KEY = checks.ADDRESS, checks.WIREGUARD_KEY


def test_a_locked_datastore_is_an_error_and_an_unlocked_or_unknown_one_is_not() -> None:
    locked = facts(resources=resources(clusterinformations=[{"datastoreReady": False}]))
    [finding] = checks.datastore(locked)
    assert finding.title == "Calico's datastore is locked" and finding.advice
    assert not list(
        checks.datastore(facts(resources=resources(clusterinformations=[{"datastoreReady": True}])))
    )
    assert not list(checks.datastore(facts()))


def test_new_pods_get_no_address_only_when_every_pool_is_disabled() -> None:
    disabled, enabled = {"disabled": True}, {"cidr": "10.100.0.0/16"}
    [line] = lines(checks.ip_pools(facts(resources=resources(ippools=[disabled, disabled]))))
    assert line == "error no IP pool is enabled [] all 2 IPPools are disabled, so new pods get no address"
    assert not list(checks.ip_pools(facts(resources=resources(ippools=[disabled, enabled]))))
    assert not list(checks.ip_pools(facts(resources=resources(ippools=[]))))


def test_an_address_that_is_not_the_nodes_own_is_an_error() -> None:
    wrong = node("n1", ip="10.0.0.1", annotations={ADDRESS: "192.168.1.1/24"})
    right = node("n2", ip="10.0.0.2", annotations={ADDRESS: "10.0.0.2/24"})
    never_started = node("n3", ip="10.0.0.3")
    without_internal_ip = node("n4", annotations={ADDRESS: "10.0.0.4/24"})
    findings = lines(checks.node_addresses(facts(nodes=(wrong, right, never_started, without_internal_ip))))
    assert findings == [
        "error Calico uses another address than the node's [n1]"
        f" {ADDRESS} is 192.168.1.1, InternalIP is 10.0.0.1"
    ]


def test_an_address_that_two_nodes_claim_is_an_error_at_the_later_one() -> None:
    nodes = tuple(node(name, ip="10.0.0.1", annotations={ADDRESS: "10.0.0.1/24"}) for name in ("n1", "n2"))
    assert lines(checks.node_addresses(facts(nodes=nodes))) == [
        "error two nodes claim one address [n2] 10.0.0.1 stands on n1 and n2"
    ]


def test_a_node_without_a_key_is_a_warning_where_wireguard_is_on() -> None:
    nodes = (node("n1", annotations={KEY: "abc="}), node("n2"))
    on = resources(felixconfigurations=[{"wireguardEnabled": True}])
    assert lines(checks.wireguard(facts(nodes=nodes, resources=on))) == [
        "warning traffic is not encrypted [n2] WireGuard is on, but this node has no key"
    ]
    off = resources(felixconfigurations=[{"wireguardEnabled": False}, {}])
    assert not list(checks.wireguard(facts(nodes=nodes, resources=off)))


def test_every_check_runs_under_the_name_that_reports_count_it_by() -> None:
    results = [check.run(facts()) for check in checks.CHECKS]
    assert [result.name for result in results] == [
        "Calico's datastore",
        "IP pools",
        "node addresses",
        "WireGuard",
    ]
    assert not any(result.findings for result in results)
