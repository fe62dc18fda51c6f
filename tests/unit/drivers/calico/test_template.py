"""Calico's options and labels in a cluster template."""

from __future__ import annotations

import pytest

from bot.common.problems import Refusal
from bot.drivers.calico.template import RULES, ipip_mode


@pytest.mark.parametrize(
    ("typed", "mode"),
    [("always", "Always"), ("CrossSubnet", "CrossSubnet"), ("NEVER", "Never"), ("off", "Off")],
)
def test_an_ipip_mode_is_taken_in_any_case_and_sent_as_magnum_spells_it(typed: str, mode: str) -> None:
    assert ipip_mode(typed) == mode
    assert RULES.labels_of({"ipip": mode}) == {"calico_ipv4pool_ipip": mode}


def test_another_mode_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="`Always`, `CrossSubnet`, `Never`, `Off`"):
        ipip_mode("sometimes")


def test_without_options_there_are_no_labels() -> None:
    assert RULES.labels_of({}) == {}


def test_wireguard_is_refused_with_the_command_that_switches_it_on() -> None:
    with pytest.raises(Refusal) as refusal:
        RULES.labels_of({"wireguard": True})
    assert (
        'kubectl patch felixconfiguration default --type merge -p \'{"spec":{"wireguardEnabled":true}}\''
        in (refusal.value.fix)
    )
    assert "open UDP 51820 between the nodes" in refusal.value.fix


@pytest.mark.parametrize("tag", ["v3.21.2", "v3.27.0", ""])
def test_a_tag_that_magnum_has_no_manifest_for_is_a_problem(tag: str) -> None:
    [problem] = RULES.check_labels({"calico_tag": tag} if tag else {})
    assert problem.what.startswith(f"calico_tag {tag or 'is missing'}") and "v3.26.4" in problem.fix


def test_a_tag_of_the_manifest_of_3_26_is_none() -> None:
    assert RULES.check_labels({"calico_tag": "v3.26.4"}) == ()
