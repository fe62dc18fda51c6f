"""Heads of the audit chain in a channel: posted, and read back from Slack."""

from __future__ import annotations

from typing import Any

import pytest

from bot.common.problems import Refusal
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.audit_anchors import METADATA_TYPE, MOST_PAGES, AnchorsUnread, SlackAnchors
from bot.slack.delivery.web_errors import SlackRefused
from storage.audit_chain import Head
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.fakes import FakeWeb

HASH = "a" * 64
HISTORY = "conversations.history"


def anchors(web: FakeWeb, *, bot: str = "UBOT", channel: str | None = "C1") -> SlackAnchors:
    return SlackAnchors(web, bot=lambda: bot, channel=lambda: channel)  # type: ignore[arg-type]


def posted(position: int, **changes: Any) -> dict[str, Any]:
    text = f"Audit chain: {position}:{HASH}"
    return {"user": "UBOT", "text": text, "ts": f"{1_000 + position}.0"} | changes


def positions(web: FakeWeb, **changes: Any) -> list[int]:
    return [anchor.head.position for anchor in anchors(web, **changes).posted()]


def test_a_head_is_posted_with_its_time_as_metadata() -> None:
    web = FakeWeb()
    assert anchors(web).post("C1", Head(position=7, hash=HASH), NOW) == "1.0"
    [post] = web.of("post")
    assert post["text"] == f"Audit chain: 7:{HASH}" and post["thread"] == ""
    payload = {"position": 7, "hash": HASH, "at": NOW.isoformat()}
    assert post["metadata"] == {"event_type": METADATA_TYPE, "event_payload": payload}


def test_the_heads_of_every_page_are_read_the_oldest_first() -> None:
    web = FakeWeb()
    web.answers[HISTORY] = [
        {"messages": [posted(3), posted(2)], "response_metadata": {"next_cursor": "more"}},
        {"messages": [posted(1)], "response_metadata": {}},
    ]
    assert positions(web) == [1, 2, 3]
    assert [call.get("cursor") for call in web.of(HISTORY)] == [None, "more"]


@pytest.mark.parametrize(
    "message_fields",
    [
        {"user": "UEVE"},
        {"thread_ts": "1.0"},
        {"text": f"I saw 1:{HASH}"},
        {"text": "Audit chain: nonsense"},
    ],
    ids=["somebody-else", "in-a-thread", "other-words", "no-head"],
)
def test_only_what_the_bot_itself_has_posted_counts(message_fields: dict[str, Any]) -> None:
    web = FakeWeb()
    web.answers[HISTORY] = {"messages": [posted(1, **message_fields)]}
    assert positions(web) == []


def test_nothing_counts_before_the_bot_is_known() -> None:
    web = FakeWeb()
    web.answers[HISTORY] = {"messages": [posted(1, user="")]}
    assert positions(web, bot="") == []


def test_a_channel_without_end_is_read_for_so_many_pages() -> None:
    web = FakeWeb()
    web.answers[HISTORY] = {"messages": [posted(1)], "response_metadata": {"next_cursor": "more"}}
    assert len(positions(web)) == MOST_PAGES


def test_without_a_channel_the_setting_is_named() -> None:
    with pytest.raises(Refusal, match="No channel is configured") as raised:
        anchors(FakeWeb(), channel=None).posted()
    assert "audit.anchor_channel" in raised.value.fix


@pytest.mark.parametrize("error", [SlackRefused(HISTORY, "missing_scope"), CannotAnswer("x", why="y")])
def test_a_channel_that_cannot_be_read_says_which_scope_is_needed(error: Any) -> None:
    web = FakeWeb()
    web.errors[HISTORY] = [error]
    with pytest.raises(AnchorsUnread) as raised:
        anchors(web).posted()
    assert raised.value.why == error.why and "channels:history and invite it to C1" in raised.value.fix
