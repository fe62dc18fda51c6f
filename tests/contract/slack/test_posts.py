"""Messages into a channel that takes no more just now: refused with 429, they wait in line, and each
arrives once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.slack.delivery import channel_rate_limit
from bot.slack.delivery.channel_rate_limit import Priority
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import SlackRefused
from sandbox.slack import rate_limits
from sandbox.slack.model import BOT_TOKEN
from tests.contract.slack.test_web_api import SHOP, Slack

DEV = "C0SHOPDEV"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    """A workspace whose channels take three messages in one and a half seconds."""
    monkeypatch.setattr(rate_limits, "CHANNEL_BURST", 3)
    monkeypatch.setattr(rate_limits, "CHANNEL_SECONDS", 0.5)
    monkeypatch.setattr(channel_rate_limit, "POST_INTERVAL", 0.5)
    slack = Slack(rate_limits=True)
    yield slack
    slack.loopback.stop()


def web(slack: Slack) -> SlackWebClient:
    return SlackWebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/")


def post(
    client: SlackWebClient, text: str, *, channel: str = SHOP, priority: Priority = Priority.ANSWER
) -> str:
    return client.post(channel=channel, thread="", text=text, blocks=[], metadata={}, priority=priority)


def texts(slack: Slack, channel: str = SHOP) -> list[str]:
    return [message.text for message in slack.workspace.messages if message.channel == channel]


def test_ten_messages_at_once_all_arrive_and_each_once(narrow: Slack) -> None:
    client = web(narrow)
    with ThreadPoolExecutor(10) as pool:
        stamps = list(
            pool.map(lambda number: post(client, str(number), priority=Priority(number % 2)), range(10))
        )
    assert Counter(texts(narrow)) == Counter(str(number) for number in range(10))
    assert len(set(stamps)) == 10


def test_a_channel_that_is_full_keeps_no_other_waiting(narrow: Slack) -> None:
    client = web(narrow)
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(post, client, str(number), priority=Priority.STATE) for number in range(5)]
        post(client, "at once", channel=DEV)
        assert texts(narrow, DEV) == ["at once"]
        assert all(future.result(20) for future in waiting)


def test_a_refusal_that_lasts_is_told_in_the_end(narrow: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_rate_limit, "DEADLINE_SECONDS", 0.2)
    narrow.loopback.call(narrow.api.faults.__setitem__, "chat.postMessage", rate_limits.LIMITED)
    with pytest.raises(SlackRefused) as raised:
        post(web(narrow), "x")
    assert raised.value.error == "ratelimited"
