"""What every profile must hold, and what those of the built-in drivers say."""

from __future__ import annotations

import ipaddress

import pytest

from bot.drivers.catalog import profiles
from bot.drivers.profile import DriverProfile
from tests.unit.drivers.builders import CALICO, FLANNEL

each_profile = pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.driver)


@each_profile
def test_a_profile_can_be_shown_and_found_in_a_cluster(profile: DriverProfile) -> None:
    assert profile.title and profile.summary and profile.container and profile.up_reason
    assert profile.pod_labels and profile.selector == ",".join(
        f"{k}={v}" for k, v in profile.pod_labels.items()
    )
    assert profile.production or profile.warning, "a driver that is not for production says so"
    assert all(rule.purpose for rule in profile.security_rules)


@each_profile
def test_the_template_rules_of_a_profile_are_consistent(profile: DriverProfile) -> None:
    rules = profile.template
    assert rules.pool_label.startswith(rules.label_prefixes)
    assert ipaddress.ip_network(rules.default_pool)
    assert all(option.flag == f"--{option.name.replace('_', '-')}" for option in rules.options)
    assert "{flag}" not in rules.instead.fix.format(flag="--other")


@each_profile
def test_names_of_checks_and_resources_are_unique(profile: DriverProfile) -> None:
    names = [check.name for check in profile.checks]
    assert len(set(names)) == len(names)
    lists = [resource.name for resource in profile.resources]
    assert len(set(lists)) == len(lists) and all(resource.paths for resource in profile.resources)


def test_the_selector_finds_the_pods_of_every_way_to_install_a_driver() -> None:
    assert (CALICO.selector, FLANNEL.selector) == ("k8s-app=calico-node", "app=flannel")


def test_calicos_own_policies_are_in_both_groups_and_the_aggregated_one_is_preferred() -> None:
    groups = list(dict.fromkeys(group for group, _ in CALICO.policy_kinds))
    assert groups == ["projectcalico.org", "crd.projectcalico.org"]
    assert ("projectcalico.org", "GlobalNetworkPolicy") in CALICO.policy_kinds
    assert ("crd.projectcalico.org", "Tier") in CALICO.policy_kinds
    assert not any(kind.startswith("Staged") for _, kind in CALICO.policy_kinds), "they decide nothing"
    assert FLANNEL.policy_kinds == ()


def test_staged_policies_are_named_though_they_are_not_enforced() -> None:
    assert CALICO.policies is not None
    assert ("crd.projectcalico.org", "StagedNetworkPolicy") in CALICO.policies.kinds
    assert ("projectcalico.org", "NetworkPolicy") in CALICO.policies.kinds
    assert ("projectcalico.org", "Tier") not in CALICO.policies.kinds


def test_security_rules_are_shown_as_ports_or_as_protocol_numbers() -> None:
    assert [str(rule) for rule in CALICO.security_rules] == ["TCP 179", "IP protocol 4", "UDP 51820"]
    assert [str(rule) for rule in FLANNEL.security_rules] == ["UDP 8472", "UDP 8285"]
