"""Memberships of user groups: read again in time, believed for a while when Slack is silent, and then
nobody's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.access.directory import CachedGroups
from bot.common.problems import Problem
from tests.unit.access.approval_requests import Clock

REFRESH, GRACE = timedelta(minutes=5), timedelta(hours=1)


class Slack:
    """Answers, or does not."""

    def __init__(self) -> None:
        self.members = frozenset({"U1"})
        self.answers = True
        self.asked = 0

    def __call__(self, _group: str) -> frozenset[str]:
        self.asked += 1
        if not self.answers:
            raise Problem("Slack does not answer")
        return self.members


def groups(slack: Slack, clock: Clock) -> CachedGroups:
    def now() -> datetime:
        return clock.now

    return CachedGroups(slack, refresh=lambda: REFRESH, grace=lambda: GRACE, now=now)


def test_a_membership_is_asked_for_once_until_it_is_to_be_refreshed() -> None:
    slack, clock = Slack(), Clock()
    memberships = groups(slack, clock)
    assert memberships.has("S1", "U1") and not memberships.has("S1", "U2") and slack.asked == 1
    slack.members = frozenset({"U2"})
    clock.now += REFRESH - timedelta(seconds=1)
    assert memberships.has("S1", "U1")
    clock.now += timedelta(seconds=1)
    assert memberships.has("S1", "U2") and not memberships.has("S1", "U1")


def test_while_slack_is_silent_the_last_known_membership_counts_for_the_grace_and_then_none() -> None:
    slack, clock = Slack(), Clock()
    memberships = groups(slack, clock)
    assert memberships.has("S1", "U1")
    slack.answers = False
    clock.now += GRACE - timedelta(seconds=1)
    assert memberships.has("S1", "U1")
    clock.now += timedelta(seconds=1)
    assert not memberships.has("S1", "U1")
    slack.answers = True
    clock.now += timedelta(minutes=1)
    assert memberships.has("S1", "U1")


def test_a_group_that_was_never_known_has_no_members_while_slack_is_silent() -> None:
    slack, clock = Slack(), Clock()
    slack.answers = False
    assert not groups(slack, clock).has("S1", "U1")


def test_a_slack_that_is_silent_is_not_asked_for_every_request() -> None:
    slack, clock = Slack(), Clock()
    slack.answers = False
    memberships = groups(slack, clock)
    for _ in range(50):
        memberships.has("S1", "U1")
    assert slack.asked == 1
    clock.now += timedelta(seconds=15)
    memberships.has("S1", "U1")
    assert slack.asked == 2
