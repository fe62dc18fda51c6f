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
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("bot"), "socket", event_retries=(0.5, 1.0, 3.0, 6.0)) as made:
        yield made


@pytest.mark.reliability
@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_a_connection_lost_without_a_close_frame_is_back(here: Office, reset: bool) -> None:
    here.until(lambda: here.sandbox.sockets.connections and here.bot.ready())
    before = here.sandbox.sockets.connections[0]
    here.sandbox.loopback.call(lambda: here.sandbox.sockets.cut(reset=reset))
    here.until(lambda: here.sandbox.sockets.connections and before not in here.sandbox.sockets.connections)
    assert "4 clusters" in here.types("cluster list").text


@pytest.mark.reliability
def test_a_connection_that_goes_silent_is_noticed_and_what_was_said_meanwhile_is_answered_once(
    here: Office,
) -> None:
    here.until(lambda: here.sandbox.sockets.connections and here.bot.ready())
    before = here.sandbox.sockets.connections[0]
    here.sandbox.loopback.call(here.sandbox.sockets.go_silent)
    messages = len(here.workspace.messages)
    here.sandbox.loopback.run(here.workspace.say("U0ANA", "C0SHOP", "@xk8s cluster list"), 30)
    here.until(lambda: any(each is not before for each in here.sandbox.sockets.connections))
    seen = here.sees(messages + 1)
    time.sleep(1.5)  # a second answer would come now
    again = [
        message for message in here.workspace.messages[messages + 1 :] if "4 clusters" in str(message.blocks)
    ]
    assert "4 clusters" in seen.text and len(again) == 1


@pytest.mark.reliability
def test_a_connection_on_which_envelopes_arrive_is_kept_though_the_pongs_are_late(here: Office) -> None:
    here.until(lambda: here.sandbox.sockets.connections and here.bot.ready())
    before = list(here.sandbox.sockets.connections)
    patience = PING_EVERY + 2 * PONG_WITHIN
    here.sandbox.loopback.run(here.sandbox.sockets.send_without_pongs(seconds=patience), 30)
    assert here.sandbox.sockets.connections == before
    assert "4 clusters" in here.types("cluster list").text


@pytest.mark.reliability
def test_it_is_not_ready_while_slack_is_out_of_reach(here: Office) -> None:
    here.until(lambda: here.sandbox.sockets.connections and here.bot.ready())
    here.sandbox.api.down = True
    here.sandbox.loopback.call(lambda: here.sandbox.sockets.cut(reset=False))
    here.until(lambda: not here.bot.ready())
    here.sandbox.api.down = False
    here.until(lambda: here.bot.ready())


@pytest.mark.reliability
def test_the_same_envelope_twice_is_one_request(here: Office) -> None:
    here.until(lambda: here.sandbox.sockets.connections and here.bot.ready())
    workspace = here.workspace
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
    here.sandbox.loopback.run(
        here.sandbox.sockets.send_twice(Delivery(kind="slash_commands", payload=payload))
    )
    here.sees(before)
    time.sleep(1.0)  # a second root would come now
    assert sum(not message.thread for message in workspace.messages[before:]) == 1


@pytest.mark.reliability
def test_a_lost_answer_of_chat_post_message_does_not_post_twice(here: Office) -> None:
    here.until(lambda: here.sandbox.sockets.connections and here.bot.ready())
    here.sandbox.api.lose_answers = 1
    before = len(here.workspace.messages)
    here.types("cluster list")
    assert sum(not message.thread for message in here.workspace.messages[before:]) == 1


@pytest.mark.reliability
def test_two_replicas_on_one_database_answer_a_redelivered_mention_once(tmp_path: pathlib.Path) -> None:
    """Both replicas get the same event, as happens when connections change hands."""
    from tests.e2e.conftest import Bot

    with office(tmp_path, "socket") as here:
        url = f"sqlite:///{tmp_path}/xk8s.sqlite3"
        other = Bot(tmp_path, {**here.bot.environment, "XK8S_REPLICA_ID": "second", "XK8S_DATABASE_URL": url})
        other.start()
        try:
            here.until(lambda: len(here.sandbox.sockets.connections) == 2)
            before = len(here.workspace.messages)
            here.sandbox.loopback.run(here.workspace.say("U0ANA", "C0SHOP", "@xk8s cluster list"))
            first = here.workspace.deliveries[-1]
            here.sandbox.loopback.run(
                here.sandbox.sockets.send_twice(Delivery(kind="events_api", payload=first.payload))
            )
            here.sees(before + 1)
            time.sleep(1.5)
            answers = [m for m in here.workspace.messages[before + 1 :] if "4 clusters" in str(m.blocks)]
            assert len(answers) == 1
        finally:
            other.stop()
