"""Who the bot is, and whether Slack still answers."""

from __future__ import annotations

import time

from bot.common.problems import Problem
from bot.slack import identity
from bot.slack.identity import Identity, SlackIdentity
from tests.unit.slack.fakes import FakeWeb

ANSWER = {"team_id": "T1", "team": "Shop", "user_id": "UBOT", "bot_id": "B1"}
DOWN = Problem("Slack did not answer auth.test", why="timed out")


def bot(web: FakeWeb) -> SlackIdentity:
    return SlackIdentity(web)  # type: ignore[arg-type]


def workspace() -> FakeWeb:
    web = FakeWeb()
    web.answers["auth.test"] = ANSWER
    return web


def test_before_slack_has_answered_nothing_is_known() -> None:
    unknown = bot(workspace())
    assert unknown.last_known is None and (unknown.team(), unknown.bot_user()) == ("", "")
    assert unknown.check() == "not asked yet"


def test_what_slack_says_is_kept_while_it_is_out_of_reach() -> None:
    web = workspace()
    ours = bot(web)
    assert ours._test() == identity.CHECK_SECONDS and ours.check() is None
    web.errors["auth.test"] = [DOWN]
    assert ours._test() == identity.RETRY_SECONDS
    assert ours.check() == "Slack did not answer auth.test: timed out"
    assert ours.last_known == Identity(team="T1", team_name="Shop", bot_user="UBOT", bot_id="B1")
    assert (ours.team(), ours.bot_user()) == ("T1", "UBOT")


def test_it_asks_at_once_and_no_more_after_the_end() -> None:
    web = workspace()
    ours = bot(web)
    ours.start()
    end = time.monotonic() + 5
    while ours.check() is not None:
        assert time.monotonic() < end
        time.sleep(0.005)
    ours.stop()
    assert len(web.of("auth.test")) == 1 and ours.check() is None
