"""What a preview tells, and how it is worded and drawn."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.policy import diff_text
from bot.policy import matrix as matrices
from bot.policy.cluster_state import ClusterService
from bot.policy.diff_text import ConnectionFate
from bot.policy.matrix import OUTSIDE, PairChange
from bot.policy.picture import draw
from bot.policy.reach.model import Direction, PolicyRef, Workload
from tests.unit.policy.builders import SHOP, computed, manifest, pod

CART, WEB = "shop/cart[Deployment]", "web/frontend[Deployment]"
DENY = manifest("deny", policyTypes=["Ingress"])


def test_what_closes_is_grouped_by_workload_with_the_pods_it_touches() -> None:
    told = [str(line) for line in diff_text.lines(computed(DENY).preview.changes)]
    assert told[0] == f"closes outside → {CART} All Connections (outside → 2 pods)"
    assert f"closes {WEB} → {CART} All Connections (1 → 2 pods)" in told
    assert told[-1].startswith("closes kube-system/"), "what a team does not own comes last"
    assert (
        diff_text.summary(diff_text.lines(computed(DENY).preview.changes))
        == f"closes {len(told)} connections, opens none"
    )


def test_what_opens_comes_after_what_closes_and_one_is_counted_as_one() -> None:
    narrow = manifest("deny", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 1}]}])
    swapped = computed(manifest("deny", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 2}]}]), narrow)
    fates = [line.fate for line in diff_text.lines(swapped.preview.changes)]
    assert fates == sorted(fates, key=lambda fate: fate is ConnectionFate.OPENS) and set(fates) == set(
        ConnectionFate
    )
    assert diff_text.summary([]) == "no connection changes"
    opens = [line for line in diff_text.lines(swapped.preview.changes) if line.fate is ConnectionFate.OPENS][
        :1
    ]
    assert diff_text.summary(opens) == "opens 1 connection, closes none"


def test_some_outside_addresses_are_named_and_all_of_them_are_outside() -> None:
    block = [{"ipBlock": {"cidr": "203.0.113.0/24"}}]
    told = diff_text.lines(
        computed(manifest("deny", policyTypes=["Ingress"], ingress=[{"from": block}])).preview.changes
    )
    but = "outside but 203.0.113.0-203.0.113.255"
    assert {line.source for line in told if line.source.startswith(OUTSIDE)} == {but}
    one = diff_text.lines(
        computed(DENY, manifest("deny", policyTypes=["Ingress"], ingress=[{"from": block}])).preview.changes
    )
    assert [line.source for line in one if line.destination == CART] == ["outside 203.0.113.0-203.0.113.255"]


@pytest.mark.parametrize(
    ("cidrs", "source"),
    [
        ([], OUTSIDE),
        (["0.0.0.0/1"], "outside 128.0.0.0-255.255.255.255"),
        (["10.0.0.7/32"], "outside but 10.0.0.7"),
        (["10.0.0.0/8", "12.0.0.0/8"], "outside but 10.0.0.0-10.255.255.255 and 1 more range"),
        (["0.0.0.0/2", "192.0.0.0/2"], "outside 64.0.0.0-191.255.255.255"),
        (["0.0.0.0/8", "12.0.0.0/8", "14.0.0.0/8"], "outside 1.0.0.0-11.255.255.255 and 2 more ranges"),
        (["0.0.0.0/8", "12.0.0.0/8", "255.0.0.0/8"], "outside 1.0.0.0-11.255.255.255 and 1 more range"),
        (["2001:db8::/32"], "outside but 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_outside_is_told_by_what_is_shorter(cidrs: list[str], source: str) -> None:
    ingress = [{"from": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]}] if cidrs else []
    told = diff_text.lines(computed(manifest("x", policyTypes=["Ingress"], ingress=ingress)).preview.changes)
    assert {line.source for line in told if line.source.startswith(OUTSIDE)} == {source}


def test_pods_are_newly_isolated_and_lose_dns() -> None:
    shown = computed(manifest("deny", policyTypes=["Egress"])).preview
    assert {str(each.pod) for each in shown.isolated} == {"shop/cart-1", "shop/cart-2", "shop/redis-1"}
    assert {each.direction for each in shown.isolated} == {Direction.EGRESS}
    assert len(shown.loses_dns) == 3 and shown.selected == 3


def test_rules_that_select_nothing_and_policies_without_effect_are_told() -> None:
    nobody = [{"namespaceSelector": {"matchLabels": {"no": "such"}}}]
    shown = computed(manifest("x", policyTypes=["Ingress"], ingress=[{"from": nobody}]), DENY).preview
    assert shown.dead and shown.dead[0].rule.policy == PolicyRef("shop", "x")
    assert not shown.changes and {each.policy.name for each in shown.idle} == {"x", "deny"}


def test_a_deletion_opens_what_a_policy_closed() -> None:
    shown = computed(None, DENY, ref=PolicyRef("shop", "deny")).preview
    assert (
        shown.manifest is None and diff_text.count(diff_text.lines(shown.changes), ConnectionFate.CLOSES) == 0
    )
    assert {str(each.pod) for each in shown.released} == {"shop/cart-1", "shop/cart-2", "shop/redis-1"}


def service(**more: object) -> ClusterService:
    import ipaddress

    values: dict[str, object] = {
        "namespace": "shop",
        "name": "cart",
        "addresses": (ipaddress.ip_address("10.254.0.7"),),
        "selector": {"app": "cart"},
        "from_outside": True,
        "keeps_source": False,
    }
    return ClusterService(**(values | more))  # type: ignore[arg-type]


def test_a_rule_about_a_services_own_address_is_warned_of() -> None:
    aimed = manifest("x", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "10.254.0.0/16"}}]}])
    (said,) = computed(aimed, services=(service(),)).preview.warnings
    assert "an egress ipBlock holds the address of the Service shop/cart" in said
    everything = manifest("x", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])
    assert computed(everything, services=(service(),)).preview.warnings == ()


def test_a_load_balancer_that_hides_who_asks_is_warned_of() -> None:
    office = [{"ipBlock": {"cidr": "203.0.113.0/24"}}]
    lets = manifest("x", policyTypes=["Ingress"], ingress=[{"from": office}])
    (said,) = computed(lets, services=(service(),)).preview.warnings
    assert "shop/cart has externalTrafficPolicy Cluster" in said
    for kept in (service(keeps_source=True), service(from_outside=False), service(selector={"app": "other"})):
        assert computed(lets, services=(kept,)).preview.warnings == ()


AGENT = pod("agent-1", host_network=True)


def test_pods_on_the_host_network_that_a_policy_selects_are_said_not_to_be_isolated() -> None:
    wanted = manifest("x", policyTypes=["Ingress"], podSelector={"matchLabels": {"app": "agent"}})
    shown = computed(wanted, pods=(*SHOP, AGENT)).preview
    assert shown.selected == 0 and not shown.changes
    assert shown.warnings == (
        "it selects 1 pod on the host network (shop/agent-1), which no policy isolates",
    )
    both = computed(DENY, pods=(*SHOP, AGENT, pod("agent-2", host_network=True))).preview
    assert both.warnings == (
        "it selects 2 pods on the host network (shop/agent-1, shop/agent-2), which no policy isolates",
    )
    assert computed(DENY).preview.warnings == ()


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        ({"podSelector": {"matchLabels": {"app": "agent"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "node"}}}, True),
        ({"namespaceSelector": {}}, False),
        ({"podSelector": {"matchLabels": {"app": "nobody"}}}, False),
    ],
)
def test_a_peer_that_is_only_on_the_host_network_is_said_to_match_nothing(
    peer: dict[str, object], told: bool
) -> None:
    pods = (*SHOP, AGENT, pod("watcher-1", namespace="node", host_network=True))
    wanted = manifest(
        "x", policyTypes=["Ingress"], ingress=[{"from": [peer]}], podSelector={"matchLabels": {"app": "cart"}}
    )
    said = computed(wanted, pods=pods).preview.warnings
    assert [each.split(" (")[0] for each in said] == (
        ["spec.ingress[0].from[0] names only pods on the host network"] if told else []
    )
    assert not told or "they come from their nodes' addresses: name those in an ipBlock" in said[0]


# --- the picture


def matrix(**more: object) -> matrices.Matrix:
    found = computed(DENY, **more).preview.matrix
    assert found is not None
    return found


def test_the_matrix_has_the_workloads_that_change_the_namespaces_own_first() -> None:
    found = matrix()
    assert found.workloads == (
        CART,
        "shop/redis[Deployment]",
        WEB,
        "kube-system/coredns[Deployment]",
        OUTSIDE,
    )
    assert found.changes[WEB, CART] is PairChange.CLOSED and (WEB, CART) in found.before
    assert found.changes[CART, WEB] is PairChange.KEPT and found.changes[OUTSIDE, CART] is PairChange.CLOSED
    assert found.changes[OUTSIDE, OUTSIDE] is PairChange.NONE and found.more == 0


def test_a_pair_that_only_some_pods_lose_closes_in_part() -> None:
    host = pod("agent-1", namespace="kube-system", host_network=True, node="n1", address="10.0.0.1")
    other = pod("agent-2", namespace="kube-system", host_network=True, node="n2", address="10.0.0.2")
    cart = pod("cart-1", address="10.1.0.1", node="n1")
    found = matrix(pods=(cart, host, other))
    assert found.changes["kube-system/agent[Deployment]", CART] is PairChange.NARROWED, (
        "the agent of its own node still reaches it"
    )


def test_a_large_cluster_is_cut_and_says_by_how_many() -> None:
    pods = tuple(pod(f"w{number}-1", namespace="other") for number in range(100))
    found = matrix(pods=(*SHOP, *pods))
    assert len(found.workloads) == matrices.MOST_WORKLOADS + 1 and found.more == 104 - matrices.MOST_WORKLOADS
    assert found.workloads[0] == CART and Workload("other", "Deployment", "w0")


@pytest.mark.parametrize(
    "pods", [SHOP, tuple(pod(f"workload-with-a-long-name-{n}-1") for n in range(60))], ids=["few", "many"]
)
def test_the_picture_is_a_png_of_bounded_size(pods: tuple[object, ...]) -> None:
    content = draw(matrix(pods=pods), title="deny on prod-eu / shop")
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG" and image.width <= 3_400 and image.height <= 2_600
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
    assert any(abs(red - 207) < 9 and green < 60 and blue < 70 for red, green, blue in colours), (
        "what closes is red"
    )
    assert len(content) < 200_000
