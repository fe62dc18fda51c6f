"""Socket Mode that notices a lost connection: closed without a frame, reset, or silent.

Built on Bolt's `websocket-client` handler, which is back in about a second after a close. What it does
not see is a server that goes silent, since it passes no `ping_timeout`; this one does, and it knows
whether the connection is alive, for readiness.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.websocket_client import SocketModeClient

PING_EVERY = 3.0  # seconds
PONG_WITHIN = 1.5  # seconds; must be less than PING_EVERY, and is also how often it is looked at
LOOK_EVERY = 0.5  # seconds between two looks at whether there is a connection
CONNECT_WITHIN = 5.0  # seconds for a WebSocket handshake
WORKERS = 20  # envelopes handled at once: each takes milliseconds
LONGEST_PAUSE = 30.0  # seconds between two attempts while Slack is out of reach


class _Client(SocketModeClient):
    """Slack's client with a time limit for pongs, and a monitor that is quick but lets a handshake end."""

    _attempted = 0.0

    def connect(self) -> None:
        self._attempted = time.monotonic()
        super().connect()

    def _monitor_current_session(self) -> None:
        """Connect again if nothing else has: a close does so by itself, at once."""
        if time.monotonic() - self._attempted > CONNECT_WITHIN + 1:
            super()._monitor_current_session()  # type: ignore[no-untyped-call]

    def _run_current_session(self) -> None:
        session = self.current_session
        if session is None:
            return
        try:
            session.run_forever(ping_interval=PING_EVERY, ping_timeout=PONG_WITHIN)
        except (websocket.WebSocketException, OSError) as error:
            self.logger.warning("The connection to Slack ended: %s", error)
            session.close()


class SocketModeConnection:
    """The connection of one replica to Slack, kept up until it is closed."""

    def __init__(self, app: App, *, app_token: str, web_client: WebClient, logger: logging.Logger) -> None:
        websocket.setdefaulttimeout(CONNECT_WITHIN)
        self._app = app
        self._client = _Client(
            app_token=app_token,
            web_client=web_client,
            logger=logger,
            concurrency=WORKERS,
            ping_interval=LOOK_EVERY,  # of the SDK's monitor; the pings' own interval is above
            on_open_listeners=[self._opened],
            on_close_listeners=[self._closed],
            on_error_listeners=[self._failed],
            on_message_listeners=[self._heard],
        )
        self._client.socket_mode_request_listeners.append(self._handle)
        self._alive = threading.Event()
        self._ending = threading.Event()

    def start(self, *, on_failure: Callable[[Exception], None]) -> None:
        """Connect; while Slack is out of reach, try again with growing pauses until `close`."""
        pause = 0.5
        while not self._ending.is_set():
            try:
                self._client.connect()
            except (SlackApiError, OSError, websocket.WebSocketException) as error:
                on_failure(error)
                self._ending.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    def close(self) -> None:
        """Disconnect; acknowledgements of what is being handled still go out before."""
        self._ending.set()
        self._alive.clear()
        self._client.close()

    @property
    def alive(self) -> bool:
        """Whether Slack's hello was heard on the present connection and it still answers pings."""
        return self._alive.is_set()

    def _handle(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        send_response(client, request, run_bolt_app(self._app, request), time.time())

    def _opened(self, _session: websocket.WebSocketApp) -> None:
        """Nothing yet: a connection counts from Slack's hello on."""

    def _heard(self, session: websocket.WebSocketApp, _message: str) -> None:
        if session is self._client.current_session:
            self._alive.set()

    def _closed(self, session: websocket.WebSocketApp) -> None:
        if session is self._client.current_session:
            self._alive.clear()

    def _failed(self, session: websocket.WebSocketApp, error: Exception) -> None:
        """An error ends the connection. A silent one would be waited for once more at its closing: cut it."""
        self._closed(session)
        if isinstance(error, websocket.WebSocketTimeoutException) and session.sock is not None:
            session.sock.shutdown()
