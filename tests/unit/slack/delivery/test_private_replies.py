"""A private reply reaches the asker, and nobody else, by the first way that works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actions.request import IncomingRequest, Place
from bot.slack.delivery.private_replies import PrivateReplies
from bot.slack.delivery.web_errors import SlackRefused, SlackUnreachable
from tests.unit.slack.examples.requests import request
from tests.unit.slack.fakes import FakeOffers, FakeWeb, message


def asked(received: datetime | None = None, **place: Any) -> IncomingRequest:
    return request(place=Place(**place), received=received or datetime.now(UTC))


def ways(web: FakeWeb, asked_in: IncomingRequest) -> list[str]:
    """The methods that were called for one reply."""
    PrivateReplies(web, FakeOffers()).send(asked_in, "shop", [message("psst")])  # type: ignore[arg-type]
    return [name for name, _ in web.calls]


def test_a_command_is_answered_through_its_response_url() -> None:
    web = FakeWeb()
    assert ways(web, asked(channel="C1", response_url="https://hooks/1")) == ["respond"]
    assert web.of("respond")[0]["url"] == "https://hooks/1"


def test_an_old_response_url_is_not_tried() -> None:
    old = datetime.now(UTC) - timedelta(minutes=29, seconds=1)
    assert ways(FakeWeb(), asked(old, channel="C1", response_url="https://hooks/1")) == ["reply_privately"]


@pytest.mark.parametrize("lost", [True, False], ids=["unreachable", "used-up"])
def test_where_the_response_url_does_not_take_it_an_ephemeral_message_does(lost: bool) -> None:
    web = FakeWeb()
    if lost:
        web.errors["respond"] = [SlackUnreachable("Slack did not answer")]
    else:
        web.answers["respond"] = False
    command = asked(channel="C1", thread="1.0", response_url="https://hooks/1")
    assert ways(web, command) == ["respond", "reply_privately"]
    reply = web.of("reply_privately")[0]
    assert (reply["channel"], reply["user"], reply["thread"]) == ("C1", "U1", "1.0")


def test_a_direct_message_is_private_already() -> None:
    web = FakeWeb()
    assert ways(web, asked(channel="D1", thread="1.0", direct=True)) == ["post"]
    post = web.of("post")[0]
    assert (post["channel"], post["thread"], post["metadata"]) == ("D1", "1.0", {})


def test_a_click_in_the_app_home_is_answered_in_a_new_direct_message() -> None:
    web = FakeWeb()
    assert ways(web, asked(direct=True)) == ["direct_channel", "post"]
    assert (web.of("post")[0]["channel"], web.of("post")[0]["thread"]) == ("D-U1", "")


def test_who_has_left_the_channel_is_answered_directly() -> None:
    web = FakeWeb()
    web.errors["reply_privately"] = [SlackRefused("chat.postEphemeral", "user_not_in_channel")]
    assert ways(web, asked(channel="C1", thread="1.0")) == ["reply_privately", "direct_channel", "post"]
    assert (web.of("post")[0]["channel"], web.of("post")[0]["thread"]) == ("D-U1", "")


def test_any_other_refusal_is_an_error() -> None:
    web = FakeWeb()
    web.errors["reply_privately"] = [SlackRefused("chat.postEphemeral", "invalid_blocks")]
    with pytest.raises(SlackRefused):
        ways(web, asked(channel="C1"))
