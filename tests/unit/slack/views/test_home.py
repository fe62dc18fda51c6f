"""What somebody's Home says of what goes on."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from bot.access.roles import Role
from bot.migration.results import MigrationSummary
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from bot.requests.home_page import HomePage, RunningOperation
from bot.slack import plain_text
from bot.slack.views.home import show_home

AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
MIGRATION = MigrationSummary(
    id="m7k2p",
    source="dev-eu",
    target="dev-eu-calico",
    route="flannel → calico",
    state="paused",
    step=Step.COPY,
    since=AT,
    begun=AT,
    waits="the API server does not answer",
    by="ana",
    ended=None,
    choices=(Signal.RESUME,),
)
RUNNING = RunningOperation(
    project="shop", words="migrate dev-eu --to calico", name="migrate.start", asker="U0ANA", since=AT
)
PAGE = HomePage(
    person="U0BO",
    roles={"shop": {Role.VIEWER: "everyone"}},
    to_decide=(),
    asked=(),
    running=(RUNNING,),
    verifications=(),
    recent=(),
)


def shown_text(page: HomePage) -> str:
    return " ".join(" ".join(plain_text.lines(show_home(page))).split())


def test_work_is_told_by_the_words_that_began_it() -> None:
    assert "⏳ migrate dev-eu --to calico in shop · by @U0ANA" in shown_text(PAGE)


def test_a_migration_is_told_by_where_it_stands() -> None:
    running = dataclasses.replace(RUNNING, migration=MIGRATION)
    text = shown_text(dataclasses.replace(PAGE, running=(running,)))
    assert "⏸ m7k2p dev-eu → dev-eu-calico: paused, step 3 of 13, copy the workloads" in text
    assert "the API server does not answer · by @U0ANA" in text
