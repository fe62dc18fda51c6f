"""The configuration as access takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.access.authorisation import RoleMembers
from bot.access.roles import Role
from bot.app.access_rules import approval_rules, home_channel, project_access
from bot.settings import Configuration


def configuration(**values: Any) -> Configuration:
    shop = {
        "channels": ["C1", "C2"],
        "roles": {
            "operator": {"users": ["U1"], "groups": ["S1"], "terminal": ["ana"]},
            "viewer": {"everyone": True},
            "approver": {"users": ["U2"]},
        },
    }
    return Configuration.model_validate(
        {"projects": {"shop": shop, "edge": {"roles": {"approver": {"users": ["U2"]}}}}} | values
    )


def test_people_and_channels_of_a_project() -> None:
    access = project_access(configuration())
    assert access["shop"].channels == {"C1", "C2"}
    operators = access["shop"].roles[Role.OPERATOR]
    assert operators.users == {"U1"} and operators.groups == {"S1"} and operators.terminal == {"ana"}
    assert access["shop"].roles[Role.VIEWER].everyone and not operators.everyone


def test_by_default_nobody_has_a_role() -> None:
    edge = project_access(configuration())["edge"]
    for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN):
        assert edge.roles[role] == RoleMembers()


def test_a_reminder_comes_at_the_earliest_half_way_to_the_expiry() -> None:
    rules = approval_rules(configuration(approvals={"expire": "2h", "remind": "4h"}))
    assert (rules.expire, rules.remind) == (timedelta(hours=2), timedelta(hours=1))
    assert "cluster.delete" in rules.required and rules.approvers == 1


def test_what_comes_from_no_channel_is_decided_in_the_first_of_the_project() -> None:
    assert home_channel(configuration(), "shop") == "C1"
    assert home_channel(configuration(), "edge") == home_channel(configuration(), "gone") == ""
