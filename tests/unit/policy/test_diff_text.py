"""The lines of a preview: what closes comes first, and outside is named by what is shorter."""

from __future__ import annotations

import pytest

from bot.policy import diff_text
from bot.policy.diff_text import OUTSIDE, ConnectionFate
from tests.unit.policy.builders import computed, manifest

CART, WEB = "shop/cart[Deployment]", "web/frontend[Deployment]"
DENY = manifest("deny", policyTypes=["Ingress"])


def test_what_closes_is_grouped_by_workload_with_the_pods_it_touches() -> None:
    lines = [str(line) for line in diff_text.diff_lines(computed(DENY).preview.changes)]
    assert lines[0] == f"closes outside → {CART} All Connections (outside → 2 pods)"
    assert f"closes {WEB} → {CART} All Connections (1 → 2 pods)" in lines
    assert lines[-1].startswith("closes kube-system/"), "what a team does not own comes last"
    assert (
        diff_text.summarise(diff_text.diff_lines(computed(DENY).preview.changes))
        == f"closes {len(lines)} connections, opens none"
    )


def test_what_opens_comes_after_what_closes_and_one_is_counted_as_one() -> None:
    narrow = manifest("deny", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 1}]}])
    swapped = computed(manifest("deny", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 2}]}]), narrow)
    fates = [line.fate for line in diff_text.diff_lines(swapped.preview.changes)]
    assert fates == sorted(fates, key=lambda fate: fate is ConnectionFate.OPENS) and set(fates) == set(
        ConnectionFate
    )
    assert diff_text.summarise([]) == "no connection changes"
    opens = [
        line for line in diff_text.diff_lines(swapped.preview.changes) if line.fate is ConnectionFate.OPENS
    ][:1]
    assert diff_text.summarise(opens) == "opens 1 connection, closes none"


def test_some_outside_addresses_are_named_and_all_of_them_are_outside() -> None:
    block = [{"ipBlock": {"cidr": "203.0.113.0/24"}}]
    lines = diff_text.diff_lines(
        computed(manifest("deny", policyTypes=["Ingress"], ingress=[{"from": block}])).preview.changes
    )
    but = "outside but 203.0.113.0-203.0.113.255"
    assert {line.source for line in lines if line.source.startswith(OUTSIDE)} == {but}
    opened = diff_text.diff_lines(
        computed(DENY, manifest("deny", policyTypes=["Ingress"], ingress=[{"from": block}])).preview.changes
    )
    assert [line.source for line in opened if line.destination == CART] == [
        "outside 203.0.113.0-203.0.113.255"
    ]


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
    lines = diff_text.diff_lines(
        computed(manifest("x", policyTypes=["Ingress"], ingress=ingress)).preview.changes
    )
    assert {line.source for line in lines if line.source.startswith(OUTSIDE)} == {source}
