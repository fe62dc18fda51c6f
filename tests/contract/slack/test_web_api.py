"""The sandbox's Web API through the real slack_sdk: answers, errors and limits as Slack gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.serving import Loopback
from bot.sandbox.slack.page_app import create_app
from bot.sandbox.slack.sockets import SocketMode
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.workspace import BOT_TOKEN, Workspace, shop

SHOP, PRIVATE = "C0SHOP", "C0RANDOM"


class Slack:
    """A workspace and a client of it."""

    def __init__(self, *, rate_limits: bool) -> None:
        self.loopback = Loopback()
        self.loopback.start()
        self.workspace: Workspace = shop()
        sockets = SocketMode(self.workspace)
        api = WebApi(self.workspace, socket_url=lambda: "ws://nowhere", rate_limits=rate_limits)
        self.url = self.loopback.serve(create_app(self.workspace, api, sockets)).url
        self.workspace.url = self.url
        self.client = WebClient(token=BOT_TOKEN, base_url=f"{self.url}/api/", retry_handlers=[])


@pytest.fixture
def slack() -> Iterator[Slack]:
    made = Slack(rate_limits=False)
    yield made
    made.loopback.stop()


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(SlackApiError) as told:
        call(**given)
    return str(told.value.response["error"])


def test_a_message_is_posted_updated_and_answered_in_its_thread(slack: Slack) -> None:
    posted = slack.client.chat_postMessage(channel=SHOP, text="one")
    slack.client.chat_postMessage(channel=SHOP, text="reply", thread_ts=posted["ts"])
    slack.client.chat_update(channel=SHOP, ts=posted["ts"], text="two")
    replies = slack.client.conversations_replies(channel=SHOP, ts=posted["ts"])["messages"]
    assert [message["text"] for message in replies] == ["two", "reply"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": PRIVATE, "text": "x"}, "channel_not_found"),
        ({"channel": SHOP}, "no_text"),
        ({"channel": SHOP, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": SHOP, "text": "x", "blocks": [{"type": "carousel"}]}, "invalid_blocks"),
        ({"channel": SHOP, "text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "y" * 3_001}}]}, "invalid_blocks"),
    ],
)  # fmt: skip
def test_what_slack_refuses_is_refused_by_its_name(slack: Slack, given: dict[str, Any], error: str) -> None:
    assert refused(slack.client.chat_postMessage, **given) == error


def test_an_update_takes_less_text_than_a_post_and_only_of_ones_own_messages(slack: Slack) -> None:
    posted = slack.client.chat_postMessage(channel=SHOP, text="x" * 5_000)
    assert refused(slack.client.chat_update, channel=SHOP, ts=posted["ts"], text="x" * 4_001) == "msg_too_long"
    assert refused(slack.client.chat_update, channel=SHOP, ts="1.000001", text="x") == "message_not_found"
    said = slack.loopback.run(slack.workspace.say("U0ANA", SHOP, "mine"))
    assert refused(slack.client.chat_update, channel=SHOP, ts=said.ts, text="x") == "cant_update_message"


def test_a_token_that_is_none_is_refused(slack: Slack) -> None:
    stranger = WebClient(token="xoxb-no", base_url=f"{slack.url}/api/", retry_handlers=[])
    assert refused(stranger.auth_test) == "invalid_auth"


def test_too_many_updates_a_minute_are_refused_with_a_time_to_wait() -> None:
    slack = Slack(rate_limits=True)
    try:
        posted = slack.client.chat_postMessage(channel=SHOP, text="x")

        def hurry() -> None:
            for _ in range(200):
                slack.client.chat_update(channel=SHOP, ts=posted["ts"], text="y")

        with pytest.raises(SlackApiError) as told:
            hurry()
        assert told.value.response.status_code == 429
        assert int(told.value.response.headers["Retry-After"]) > 0
    finally:
        slack.loopback.stop()


def test_a_file_is_uploaded_into_a_thread(slack: Slack) -> None:
    posted = slack.client.chat_postMessage(channel=SHOP, text="x")
    slack.client.files_upload_v2(channel=SHOP, thread_ts=posted["ts"], filename="a.json", title="A", content="{}")
    shown = slack.workspace.thread("U0ANA", SHOP, posted["ts"])
    assert [file["name"] for message in shown for file in message.files] == ["a.json"]


def test_people_channels_and_groups_can_be_asked_for(slack: Slack) -> None:
    assert slack.client.auth_test()["user"] == "xk8s"
    assert slack.client.users_info(user="U0ANA")["user"]["name"] == "ana"
    assert refused(slack.client.users_info, user="U0NOBODY") == "user_not_found"
    assert "U0ANA" in slack.client.conversations_members(channel=SHOP)["members"]


def test_a_view_needs_a_trigger_that_lives_and_is_used_once(slack: Slack) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": []}
    assert refused(slack.client.views_open, trigger_id="none", view=view) in (
        "invalid_trigger_id",
        "expired_trigger_id",
        "trigger_expired",
    )
    trigger = slack.workspace.trigger("U0ANA")
    slack.client.views_open(trigger_id=trigger, view=view)
    assert refused(slack.client.views_open, trigger_id=trigger, view=view) == "exchanged_trigger_id"
