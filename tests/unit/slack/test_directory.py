"""Who is a guest or a stranger, who is in a group or a channel; Slack is asked once for a while."""

from __future__ import annotations

from typing import Any

import pytest

from bot.common.problems import Problem
from bot.slack.directory import CACHE_SECONDS, OUTSIDER_FLAGS, SlackDirectory
from tests.unit.slack.fakes import FakeWeb


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def directory(web: FakeWeb, clock: Clock | None = None, team: str = "T1") -> SlackDirectory:
    return SlackDirectory(web, team=lambda: team, monotonic=clock or Clock())  # type: ignore[arg-type]


def user(**changes: Any) -> FakeWeb:
    web = FakeWeb()
    web.answers["users.info"] = {"user": {"name": "ana", "team_id": "T1"} | changes}
    return web


def test_a_person_of_the_workspace_is_no_outsider() -> None:
    facts = directory(user()).person("U1")
    assert (facts.id, facts.name, facts.outsider) == ("U1", "ana", False)


@pytest.mark.parametrize("flag", OUTSIDER_FLAGS)
def test_guests_bots_strangers_and_who_has_left_are_outsiders(flag: str) -> None:
    assert directory(user(**{flag: True})).person("U1").outsider


@pytest.mark.parametrize(("own_team", "outsider"), [("T1", True), ("", False)])
def test_people_of_another_team_are_outsiders_as_soon_as_our_own_is_known(
    own_team: str, outsider: bool
) -> None:
    assert directory(user(team_id="T2"), team=own_team).person("U1").outsider is outsider


def test_an_answer_is_kept_for_a_while() -> None:
    web, clock = user(), Clock()
    people = directory(web, clock)
    people.person("U1")
    clock.now += CACHE_SECONDS - 1
    people.person("U1")
    assert len(web.of("users.info")) == 1
    clock.now += 2
    people.person("U1")
    assert len(web.of("users.info")) == 2


def test_a_question_that_fails_is_asked_again() -> None:
    web = user()
    web.errors["users.info"] = [Problem("Slack did not answer")]
    people = directory(web)
    with pytest.raises(Problem):
        people.person("U1")
    assert people.person("U1").name == "ana"


def test_the_members_of_a_channel_are_read_page_by_page() -> None:
    web = FakeWeb()
    web.answers["conversations.members"] = [
        {"members": ["U1"], "response_metadata": {"next_cursor": "more"}},
        {"members": ["U2"]},
    ]
    channels = directory(web)
    assert channels.is_member("U1", "C1") and channels.is_member("U2", "C1")
    assert not channels.is_member("U3", "C1")
    assert [call["cursor"] for call in web.of("conversations.members")] == ["", "more"]


def test_the_members_of_a_group_are_asked_for_every_time() -> None:
    web = FakeWeb()
    web.answers["usergroups.users.list"] = {"users": ["U1", "U2"]}
    groups = directory(web)
    assert groups.group("S1") == groups.group("S1") == {"U1", "U2"}
    assert len(web.of("usergroups.users.list")) == 2
