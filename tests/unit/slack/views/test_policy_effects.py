"""What a policy change does, in lines: connections in the shorter way, pods, and what does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy import diff_text
from bot.policy.owners import PolicyOwner
from bot.policy.preview import ConnectionPreview
from bot.policy.reach.model import PodRef, PolicyRef
from bot.slack.views import policy_effects
from tests.unit.policy.builders import computed, manifest
from tests.unit.slack.examples.policies import preview
from tests.unit.slack.rendering import words


def shown(change: ConnectionPreview) -> str:
    return words(policy_effects.effects(change))


@pytest.mark.parametrize(
    ("open_before", "ports"),
    [
        ([{"ports": [{"port": 80}]}], "TCP 80"),
        ([{"ports": [{"port": 80}]}, {"ports": [{"protocol": "UDP"}]}], "TCP 80,UDP"),
    ],
)
def test_ports_are_shown_in_the_shorter_way(open_before: list[Any], ports: str) -> None:
    before = manifest("lets", policyTypes=["Ingress"], ingress=open_before)
    closes = computed(None, before, ref=PolicyRef("shop", "lets")).preview
    assert f"all ports but {ports}" in shown(closes)
    opens = computed(before, manifest("deny", policyTypes=["Ingress"])).preview
    assert f"redis {ports}" in shown(opens)


def test_ends_are_named_without_what_the_headline_says() -> None:
    closing = computed(manifest("deny", policyTypes=["Ingress"])).preview
    lines = list(policy_effects.connection_lines(diff_text.diff_lines(closing.changes), "shop"))
    assert lines and all("[Deployment]" not in line and "*shop/" not in line for line in lines)


def test_only_the_first_connections_are_shown_and_the_file_has_all() -> None:
    large = preview()
    changes = diff_text.diff_lines(large.changes)
    lines = list(policy_effects.connection_lines(changes, "shop"))
    assert len(lines) == policy_effects.MOST_LINES + 1
    assert lines[-1] == f"…{len(changes) - policy_effects.MOST_LINES:,} more in the file"
    [file] = policy_effects.connections_file(large)
    assert file.title == f"All {len(changes):,} connections that change"
    assert list(policy_effects.connections_file(preview(changes=()))) == []


def test_a_change_without_effect_says_so() -> None:
    assert shown(preview(changes=(), isolated=(), released=(), loses_dns=(), selected=1)) == (
        "No connection opens or closes."
    )
    assert "selects no pod that can be isolated" in shown(preview(selected=0))


def test_pods_that_lose_dns_are_named() -> None:
    denied = computed(manifest("deny", policyTypes=["Egress"])).preview
    assert denied.loses_dns
    count = len(denied.loses_dns)
    assert f"⚠️ {count} pod{'s lose' if count > 1 else ' loses'} DNS (UDP and TCP 53 to kube-system)" in shown(
        denied
    )


def test_pods_are_counted_by_the_direction_in_which_they_are_isolated() -> None:
    denied = computed(manifest("deny", policyTypes=["Ingress", "Egress"])).preview
    assert "🔒 newly isolated: " in shown(denied)
    assert "(egress) and " in shown(denied) and "(ingress)" in shown(denied)


def test_the_owner_of_a_policy_and_other_warnings_are_shown() -> None:
    owner = PolicyOwner(tool="Flux", name="apps")
    notes = shown(preview(owner=owner, warnings=("the API server warns",)))
    assert owner.consequence in notes and "⚠️ the API server warns" in notes


def test_a_rule_that_allows_nothing_is_named_by_its_path() -> None:
    everybody: dict[str, Any] = {"podSelector": {}}
    nobody = {"podSelector": {"matchLabels": {"app": "nobody"}}}
    lets = manifest("lets", policyTypes=["Ingress"], ingress=[{"from": [nobody]}])
    assert "spec.ingress[0] allows nothing" in shown(computed(lets).preview)
    lets_some = manifest("lets", policyTypes=["Ingress"], ingress=[{"from": [everybody, nobody]}])
    assert "spec.ingress[0].from[1] allows nothing" in shown(computed(lets_some).preview)


def test_of_many_pods_the_first_are_named() -> None:
    pods = [PodRef("shop", f"pod-{number}") for number in range(40)]
    names = policy_effects.pod_names(pods)
    assert names.startswith("shop/pod-0, shop/pod-1") and names.endswith("more")
    assert policy_effects.pod_names(pods[:2]) == "shop/pod-0, shop/pod-1"
