"""A connection that is lost while an acknowledgement is sent says so."""

import io
import logging

import pytest
import websocket
from slack_bolt import App
from slack_sdk import WebClient

from bot.slack.socket_mode import SocketModeConnection


def test_an_acknowledgement_that_cannot_be_sent_fails_with_the_reason() -> None:
    written = io.StringIO()
    logger = logging.getLogger("test.socket_mode")
    logger.setLevel(logging.WARNING)  # other tests set the level of the root
    logger.addHandler(logging.StreamHandler(written))
    app = App(token="xoxb-1", token_verification_enabled=False, signing_secret="s")
    connection = SocketModeConnection(app, app_token="xapp-1", web_client=WebClient(), logger=logger)
    client = connection._client
    client.current_session = websocket.WebSocketApp("wss://127.0.0.1:9/none")
    try:
        with pytest.raises(websocket.WebSocketConnectionClosedException):
            client.send_message("{}")
        assert "Failed to send a message" in written.getvalue()
    finally:
        connection.close()
