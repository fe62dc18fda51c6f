"""The list of policy kinds covers what the drivers say of themselves."""

from __future__ import annotations

from bot.drivers.catalog import profiles
from bot.policy.policy_kinds import OTHER_POLICY_KINDS


def test_every_policy_kind_of_a_driver_is_known_here() -> None:
    listed = {(group, kind.kind) for kind in OTHER_POLICY_KINDS for group in kind.groups}
    of_drivers = {
        kind for profile in profiles() for kind in profile.policy_kinds if kind[1].endswith("NetworkPolicy")
    }
    assert of_drivers and of_drivers <= listed


def test_each_kind_is_listed_once_for_a_group() -> None:
    kinds = [(group, kind.kind) for kind in OTHER_POLICY_KINDS for group in kind.groups]
    plurals = [(group, kind.plural) for kind in OTHER_POLICY_KINDS for group in kind.groups]
    assert len(kinds) == len(set(kinds)) and len(plurals) == len(set(plurals))
