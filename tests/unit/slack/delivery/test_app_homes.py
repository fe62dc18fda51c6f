"""A Home is published when it has changed, by one replica, and again if Slack did not take it."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.common.problems import Problem
from bot.requests.home_page import HomePage
from bot.slack.delivery.app_homes import KEEP_CURRENT, REFRESH, AppHomes
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.fakes import FakeOffers, FakeWeb
from tests.unit.slack.views.test_home import PAGE, RUNNING


class FakeHomes:
    """The table of Homes."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.changes = 0
        self.since: datetime | None = None

    def record_opening(self, person: str, *, now: datetime) -> None:
        self.digests[person] = ""
        self.changes += 1

    def open_since(self, since: datetime) -> dict[str, str]:
        self.since = since
        return dict(self.digests)

    def claim(self, person: str, *, digest: str, now: datetime) -> bool:
        changed = self.digests[person] != digest
        self.digests[person] = digest
        return changed

    def release_claim(self, person: str, *, digest: str) -> None:
        self.digests[person] = ""

    def change_marker(self) -> tuple[int, ...]:
        return (self.changes,)


@dataclasses.dataclass
class Workspace:
    homes: FakeHomes = dataclasses.field(default_factory=FakeHomes)
    web: FakeWeb = dataclasses.field(default_factory=FakeWeb)
    page: HomePage = PAGE
    now: datetime = NOW

    def app_homes(self) -> AppHomes:
        parts: dict[str, Any] = {"web": self.web, "offers": FakeOffers()}
        return AppHomes(self.homes, page=lambda _person: self.page, now=lambda: self.now, **parts)  # type: ignore[arg-type]


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


def test_a_home_is_published_once_after_it_was_opened(workspace: Workspace) -> None:
    app_homes = workspace.app_homes()
    app_homes.opened("U1")
    app_homes.refresh()
    app_homes.refresh()
    [published] = workspace.web.of("publish_home")
    assert published["user"] == "U1" and published["view"]["type"] == "home"
    assert workspace.homes.since == NOW - KEEP_CURRENT


def test_it_is_published_again_when_what_it_shows_has_changed(workspace: Workspace) -> None:
    app_homes = workspace.app_homes()
    app_homes.opened("U1")
    app_homes.refresh()
    workspace.page = dataclasses.replace(PAGE, running=(RUNNING, RUNNING))
    app_homes.refresh()
    assert len(workspace.web.of("publish_home")) == 1, "nothing has left a mark"
    workspace.homes.changes += 1
    app_homes.refresh()
    assert len(workspace.web.of("publish_home")) == 2


def test_a_change_that_leaves_no_mark_is_seen_after_a_while(workspace: Workspace) -> None:
    app_homes = workspace.app_homes()
    app_homes.opened("U1")
    app_homes.refresh()
    workspace.page = dataclasses.replace(PAGE, running=())
    workspace.now += REFRESH + timedelta(seconds=1)
    app_homes.refresh()
    assert len(workspace.web.of("publish_home")) == 2


def test_what_another_replica_has_published_is_not_published_again(workspace: Workspace) -> None:
    replica, second_replica = workspace.app_homes(), workspace.app_homes()
    replica.opened("U1")
    replica.refresh()
    second_replica.refresh()
    assert len(workspace.web.of("publish_home")) == 1


def test_a_home_that_slack_did_not_take_is_tried_again_and_keeps_nobody_else_waiting(
    workspace: Workspace,
) -> None:
    app_homes = workspace.app_homes()
    app_homes.opened("U1")
    app_homes.opened("U2")
    workspace.web.errors["publish_home"] = [Problem("Slack did not answer")]
    app_homes.refresh()
    app_homes.refresh()
    assert [call["user"] for call in workspace.web.of("publish_home")] == ["U1", "U2", "U1"]
