"""The catalogue of drivers: the built-in ones, and what is asked of all together."""

from __future__ import annotations

import pytest

from bot.common.problems import Problem
from bot.drivers import catalog
from bot.drivers.driver import Driver
from bot.drivers.policy_apis import PolicyApi


def test_every_folder_with_a_profile_is_a_driver_and_those_for_production_come_first() -> None:
    assert catalog.names() == ("calico", "flannel")
    assert [profile.production for profile in catalog.profiles()] == [True, False]
    assert catalog.recommended().driver == "calico"


def test_a_driver_is_known_by_its_exact_name() -> None:
    assert catalog.find_driver("flannel") == "flannel"
    assert [catalog.find_driver(name) for name in ("Flannel", "", None)] == [None, None, None]


def test_a_record_of_a_driver_that_is_gone_is_a_problem_that_says_what_to_do() -> None:
    with pytest.raises(Problem, match="There is no driver antrea") as problem:
        catalog.profile(Driver("antrea"))
    assert problem.value.why == "there are calico, flannel" and "xk8s doctor" in problem.value.fix


def test_an_option_that_several_drivers_have_is_there_once_and_switches_come_last() -> None:
    assert [(option.name, option.placeholder) for option in catalog.template_options()] == [
        ("ipip", "MODE"),
        ("backend", "NAME"),
        ("wireguard", ""),
    ]


def test_policy_apis_are_those_of_the_drivers_and_those_of_nobody_in_the_catalogue() -> None:
    groups = [api.groups for api in catalog.policy_apis()]
    assert groups == [
        ("projectcalico.org", "crd.projectcalico.org"),
        ("policy.networking.k8s.io",),
        ("cilium.io",),
    ]


def test_the_kinds_of_a_policy_api_are_its_policies_in_every_group_and_its_staged_ones() -> None:
    api = PolicyApi(groups=("a", "b"), policies={"P": "ps"}, referenced=("Set",), staged=(("b", "StagedP"),))
    assert api.kinds == {("a", "P"), ("b", "P"), ("b", "StagedP")}
