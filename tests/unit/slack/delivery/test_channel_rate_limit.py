"""Posts into one channel: free until Slack refuses one, then in line, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from bot.slack.delivery import channel_rate_limit
from bot.slack.delivery.channel_rate_limit import ChannelRateLimit, Priority, RateLimited

CHANNEL = "C1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_rate_limit, "POST_INTERVAL", 0.02)


class Slack:
    """Takes so many messages at once, then one for each time that was waited."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.taken: list[str] = []
        self.refused = 0
        self.open_at = 0.0

    def post(self, name: str) -> Callable[[], str]:
        def call() -> str:
            if self.takes <= 0 and time.monotonic() < self.open_at:
                self.refused += 1
                raise RateLimited(self.open_at - time.monotonic())
            if self.takes <= 0:
                self.open_at = time.monotonic() + 0.01
            self.takes -= 1
            if self.takes == 0:
                self.open_at = time.monotonic() + 0.2
            self.taken.append(name)
            return name

        return call


def at_once(limit: ChannelRateLimit, slack: Slack, names: list[tuple[str, Priority]]) -> None:
    """Post from threads that begin in this order."""
    threads = [
        threading.Thread(target=limit.send, args=(CHANNEL, slack.post(name)), kwargs={"priority": priority})
        for name, priority in names
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_nothing_waits_until_slack_refuses_something() -> None:
    limit, slack, together = ChannelRateLimit(), Slack(100), threading.Barrier(3, timeout=5)

    def call() -> str:
        together.wait()  # all three are in Slack's hands at the same time
        return slack.post("x")()

    threads = [threading.Thread(target=limit.send, args=(CHANNEL, call)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=5)
    assert slack.taken == ["x"] * 3


def test_what_is_refused_keeps_its_place_and_is_not_lost() -> None:
    limit, slack = ChannelRateLimit(), Slack(2)
    at_once(limit, slack, [(str(number), Priority.ANSWER) for number in range(12)])
    assert slack.taken == [str(number) for number in range(12)]
    assert slack.refused <= 2, "whoever comes after a refusal does not ask"


def test_answers_go_before_what_can_wait() -> None:
    limit, slack = ChannelRateLimit(), Slack(1)
    at_once(
        limit,
        slack,
        [
            ("a", Priority.ANSWER),
            ("state 1", Priority.STATE),
            ("state 2", Priority.STATE),
            ("answer", Priority.ANSWER),
            ("question", Priority.ANSWER),
        ],
    )
    assert slack.taken == ["a", "state 1", "answer", "question", "state 2"] or slack.taken == [
        "a",
        "answer",
        "question",
        "state 1",
        "state 2",
    ]


def test_another_channel_is_not_kept_waiting() -> None:
    limit = ChannelRateLimit()

    def refuse() -> str:
        raise RateLimited(3_600.0)

    with pytest.raises(RateLimited):
        limit.send(CHANNEL, refuse)
    assert limit.send("C2", lambda: "at once") == "at once"


def test_a_message_is_given_up_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_rate_limit, "DEADLINE_SECONDS", 0.05)
    limit = ChannelRateLimit()

    def refuse() -> str:
        raise RateLimited(0.03)

    with pytest.raises(RateLimited):
        limit.send(CHANNEL, refuse)
    with pytest.raises(RateLimited):
        limit.send(CHANNEL, refuse)


def test_an_error_of_slack_lets_the_next_one_go_on() -> None:
    limit, slack = ChannelRateLimit(), Slack(0)
    slack.open_at = time.monotonic() + 0.05
    limit.send(CHANNEL, slack.post("narrow"))

    def broken() -> str:
        raise ValueError

    with pytest.raises(ValueError):
        limit.send(CHANNEL, broken)
    assert limit.send(CHANNEL, slack.post("next")) == "next"
