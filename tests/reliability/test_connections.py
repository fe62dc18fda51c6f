"""Connections to Slack that are lost: noticed, not ready meanwhile, back, and nothing is answered twice."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Iterator

import pytest

from bot.slack.socket_mode import PING_EVERY, PONG_WITHIN
from sandbox.slack.model import Delivery
from tests.e2e.conftest import Office, office


@pytest.fixture(scope="module")
def bot_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(
        tmp_path_factory.mktemp("bot"), "socket", event_retries=(0.5, 1.0, 3.0, 6.0)
    ) as running_office:
        yield running_office


@pytest.mark.reliability
@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_a_connection_lost_without_a_close_frame_is_back(bot_office: Office, reset: bool) -> None:
    bot_office.until(lambda: bot_office.sandbox.sockets.connections and bot_office.bot.ready())
    before = bot_office.sandbox.sockets.connections[0]
    bot_office.sandbox.loopback.call(lambda: bot_office.sandbox.sockets.cut(reset=reset))
    bot_office.until(
        lambda: (
            bot_office.sandbox.sockets.connections and before not in bot_office.sandbox.sockets.connections
        )
    )
    assert "4 clusters" in bot_office.types("cluster list").text


@pytest.mark.reliability
def test_a_connection_that_goes_silent_is_noticed_and_what_was_said_meanwhile_is_answered_once(
    bot_office: Office,
) -> None:
    bot_office.until(lambda: bot_office.sandbox.sockets.connections and bot_office.bot.ready())
    before = bot_office.sandbox.sockets.connections[0]
    bot_office.sandbox.loopback.call(bot_office.sandbox.sockets.go_silent)
    messages = len(bot_office.workspace.messages)
    bot_office.sandbox.loopback.run(bot_office.workspace.say("U0ANA", "C0SHOP", "@xk8s cluster list"), 30)
    bot_office.until(
        lambda: any(connection is not before for connection in bot_office.sandbox.sockets.connections)
    )
    answer = bot_office.sees(messages + 1)
    time.sleep(1.5)  # a second answer would come now
    again = [
        message
        for message in bot_office.workspace.messages[messages + 1 :]
        if "4 clusters" in str(message.blocks)
    ]
    assert "4 clusters" in answer.text and len(again) == 1


@pytest.mark.reliability
def test_a_connection_on_which_envelopes_arrive_is_kept_though_the_pongs_are_late(bot_office: Office) -> None:
    bot_office.until(lambda: bot_office.sandbox.sockets.connections and bot_office.bot.ready())
    connection = bot_office.sandbox.sockets.connections[-1]
    patience = PING_EVERY + 2 * PONG_WITHIN
    bot_office.sandbox.loopback.run(bot_office.sandbox.sockets.send_without_pongs(seconds=patience), 30)
    assert bot_office.sandbox.sockets.connections[-1] is connection
    assert "4 clusters" in bot_office.types("cluster list").text


@pytest.mark.reliability
def test_it_is_not_ready_while_slack_is_out_of_reach(bot_office: Office) -> None:
    bot_office.until(lambda: bot_office.sandbox.sockets.connections and bot_office.bot.ready())
    bot_office.sandbox.api.down = True
    bot_office.sandbox.loopback.call(lambda: bot_office.sandbox.sockets.cut(reset=False))
    bot_office.until(lambda: not bot_office.bot.ready())
    bot_office.sandbox.api.down = False
    bot_office.until(lambda: bot_office.bot.ready())


@pytest.mark.reliability
def test_the_same_envelope_twice_is_one_request(bot_office: Office) -> None:
    bot_office.until(lambda: bot_office.sandbox.sockets.connections and bot_office.bot.ready())
    workspace = bot_office.workspace
    payload = {
        "team_id": workspace.team,
        "channel_id": "C0SHOP",
        "channel_name": "shop",
        "user_id": "U0ANA",
        "user_name": "ana",
        "command": "/xk8s",
        "text": "cluster list",
        "trigger_id": workspace.trigger("U0ANA"),
        "response_url": workspace.response_url("C0SHOP", "U0ANA", ""),
    }
    before = len(workspace.messages)
    bot_office.sandbox.loopback.run(
        bot_office.sandbox.sockets.send_twice(Delivery(kind="slash_commands", payload=payload))
    )
    bot_office.sees(before)
    time.sleep(1.0)  # a second root would come now
    assert sum(not message.thread for message in workspace.messages[before:]) == 1


@pytest.mark.reliability
def test_a_lost_answer_of_chat_post_message_does_not_post_twice(bot_office: Office) -> None:
    bot_office.until(lambda: bot_office.sandbox.sockets.connections and bot_office.bot.ready())
    bot_office.sandbox.api.lose_answers = 1
    before = len(bot_office.workspace.messages)
    bot_office.types("cluster list")
    assert sum(not message.thread for message in bot_office.workspace.messages[before:]) == 1


@pytest.mark.reliability
def test_two_replicas_on_one_database_answer_a_redelivered_mention_once(tmp_path: pathlib.Path) -> None:
    """Both replicas get the same event, as happens when connections change hands."""
    from tests.e2e.conftest import Bot

    with office(tmp_path, "socket") as bot_office:
        url = f"sqlite:///{tmp_path}/xk8s.sqlite3"
        replica = Bot(
            tmp_path, {**bot_office.bot.environment, "XK8S_REPLICA_ID": "second", "XK8S_DATABASE_URL": url}
        )
        replica.start()
        try:
            bot_office.until(lambda: len(bot_office.sandbox.sockets.connections) == 2)
            before = len(bot_office.workspace.messages)
            bot_office.sandbox.loopback.run(bot_office.workspace.say("U0ANA", "C0SHOP", "@xk8s cluster list"))
            first = bot_office.workspace.deliveries[-1]
            bot_office.sandbox.loopback.run(
                bot_office.sandbox.sockets.send_twice(Delivery(kind="events_api", payload=first.payload))
            )
            bot_office.sees(before + 1)
            time.sleep(1.5)
            answers = [
                m for m in bot_office.workspace.messages[before + 1 :] if "4 clusters" in str(m.blocks)
            ]
            assert len(answers) == 1
        finally:
            replica.stop()
