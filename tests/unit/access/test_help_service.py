"""`help` and `whoami`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access.authorisation import Authoriser, ProjectAccess, RoleMembers
from bot.access.directory import CachedGroups, PersonFacts
from bot.access.help_service import HelpServices, routes
from bot.access.roles import Role
from bot.actions.help_words import Help, WhoAmI
from bot.actions.mistakes import Mistake
from bot.actions.request import OperationId, Person, Place
from bot.actions.service import Context
from tests.unit.access.approval_requests import NOW


class Directory:
    """Everybody is an insider, and in no group."""

    def person(self, person: str) -> PersonFacts:
        return PersonFacts(id=person, name=person, outsider=False)

    def group(self, group: str) -> frozenset[str]:
        return frozenset()

    def is_member(self, person: str, channel: str) -> bool:
        return True


def services(*available: str) -> HelpServices:
    shop = ProjectAccess(
        name="shop",
        channels=frozenset({"C1"}),
        roles={Role.OPERATOR: RoleMembers(users=frozenset({"U1"}))},
    )
    groups = CachedGroups(
        Directory().group, refresh=lambda: timedelta(), grace=lambda: timedelta(), now=lambda: NOW
    )
    authoriser = Authoriser(
        projects=lambda: {"shop": shop}, directory=Directory(), groups=groups, team=lambda: "T1"
    )
    return HelpServices(authoriser, lambda: frozenset(available))


def context(person: str, *, project: str | None = "shop") -> Context:
    return Context(
        operation=OperationId("op"),
        reference="op",
        person=Person(id=person, team="T1"),
        place=Place(channel="C1"),
        project=project,
        resumed=False,
        progress=lambda _state: None,
    )


def test_the_help_marks_what_has_a_service() -> None:
    page = services("cluster.list").help(Help(topic="cluster"), context("U1"))
    available = {line.usage.split()[1]: line.available for line in page.lines}
    assert page.topic == "cluster" and available["list"] and not available["delete"]


def test_a_topic_that_does_not_exist_gets_the_nearest_one() -> None:
    with pytest.raises(Mistake, match="There is no topic `Clutser`") as mistake:
        services().help(Help(topic="Clutser"), context("U1"))
    assert mistake.value.suggestion == "cluster"


def test_whoami_says_the_roles_here_and_what_they_allow() -> None:
    summary = services().whoami(WhoAmI(), context("U1"))
    assert summary.roles == {Role.VIEWER: "operator includes it", Role.OPERATOR: "you are named"}
    assert "cluster.create" in summary.may and "cluster.delete" in summary.may_not


def test_who_has_no_role_may_talk_alone() -> None:
    for summary in (
        services().whoami(WhoAmI(), context("U9")),
        services().whoami(WhoAmI(), context("U1", project=None)),
    ):
        assert summary.roles == {} and summary.may == ("help", "whoami")


def test_both_words_have_a_route() -> None:
    assert set(routes(services())) == {Help, WhoAmI}
