"""Socket Mode that notices a lost connection, whether it was closed without a frame, was reset, or fell
silent.

It is built on Bolt's `websocket-client` handler, which is connected again about a second after a close. That
handler does not notice a server that falls silent, because it passes no `ping_timeout`; this one does. It
also knows whether the connection is alive, for readiness.
"""

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
PONG_WITHIN = 2.0  # seconds; must be less than PING_EVERY, and is also how often pongs are checked
MONITOR_EVERY = 0.5  # seconds between two checks of the SDK for a connection
CONNECT_WITHIN = 5.0  # seconds for a WebSocket handshake
CONCURRENCY = 20  # envelopes that are handled at once; each takes milliseconds
LONGEST_PAUSE = 30.0  # seconds between two attempts while Slack is out of reach


def _count_as_pong(session: websocket.WebSocketApp) -> None:
    """Count a frame as the answer to the last ping, whenever it arrives.

    The client checks for the pong after each frame that it reads, and takes one that was read late for none:
    in a burst it would cut a connection whose pong waits behind other envelopes.
    """
    session.last_pong_tm = session.last_ping_tm


class _Client(SocketModeClient):
    """The SDK's client with a time limit for pongs, and a quick monitor that leaves a handshake its time."""

    _attempted = 0.0

    def connect(self) -> None:
        self._attempted = time.monotonic()
        super().connect()

    def session_id(self) -> str:
        """Name the connection in the warning that an acknowledgement was not sent.

        slack_sdk 3.47 writes that warning with a method which this client lacks, and fails with
        AttributeError instead of the reason.
        """
        return f"{id(self.current_session):x}"

    def _monitor_current_session(self) -> None:
        """Connect again if nothing else has: after a close the SDK connects by itself, at once."""
        if time.monotonic() - self._attempted > CONNECT_WITHIN + 1:
            super()._monitor_current_session()  # type: ignore[no-untyped-call]

    def _run_current_session(self) -> None:
        session = self.current_session
        if session is None:
            return
        session.on_pong = lambda session, _data: _count_as_pong(session)
        try:
            session.run_forever(ping_interval=PING_EVERY, ping_timeout=PONG_WITHIN)
        except (websocket.WebSocketException, OSError) as error:
            self.logger.warning("The connection to Slack ended: %s", error)
            session.close()


class SocketModeConnection:
    """The connection of one replica to Slack, re-established until it is closed."""

    def __init__(self, app: App, *, app_token: str, web_client: WebClient, logger: logging.Logger) -> None:
        websocket.setdefaulttimeout(CONNECT_WITHIN)
        self._app = app
        self._client = _Client(
            app_token=app_token,
            web_client=web_client,
            logger=logger,
            concurrency=CONCURRENCY,
            ping_interval=MONITOR_EVERY,  # of the SDK's monitor; pings are sent every PING_EVERY
            on_close_listeners=[self._closed],
            on_error_listeners=[self._failed],
            on_message_listeners=[self._received],
        )
        self._client.socket_mode_request_listeners.append(self._handle)
        self._alive = threading.Event()
        self._closing = threading.Event()

    def start(self, *, on_failure: Callable[[Exception], None]) -> None:
        """Connect; while Slack is out of reach, try again with growing pauses until `close` is called."""
        pause = 0.5
        while not self._closing.is_set():
            try:
                self._client.connect()
            except (SlackApiError, OSError, websocket.WebSocketException) as error:
                on_failure(error)
                self._closing.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    def close(self) -> None:
        """Disconnect, after the acknowledgements of the envelopes that are being handled."""
        self._closing.set()
        self._alive.clear()
        self._client.close()

    @property
    def alive(self) -> bool:
        """Whether Slack has sent its `hello` on the present connection, and answers pings."""
        return self._alive.is_set()

    def _handle(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        send_response(client, request, run_bolt_app(self._app, request), time.time())

    def _received(self, session: websocket.WebSocketApp, _message: str) -> None:
        _count_as_pong(session)
        if session is self._client.current_session:
            self._alive.set()

    def _closed(self, session: websocket.WebSocketApp) -> None:
        if session is self._client.current_session:
            self._alive.clear()

    def _failed(self, session: websocket.WebSocketApp, error: Exception) -> None:
        """Count the connection as lost.

        A silent one is shut down, or closing it would wait for it once more.
        """
        self._closed(session)
        if isinstance(error, websocket.WebSocketTimeoutException) and session.sock is not None:
            session.sock.shutdown()
