"""The peer: the smallest Bolt app that acknowledges a slash command, in both modes.

`python -m benchmarks.bare_bolt socket URL` or `… http URL PORT`: Bolt's own handlers as their
documentation shows them.
"""

from __future__ import annotations

import sys

from slack_bolt import Ack, App
from slack_sdk import WebClient


def app(url: str) -> App:
    """An app whose one listener acknowledges."""
    bolt = App(client=WebClient(token="xoxb-bench", base_url=f"{url}/api/"), signing_secret="bench")

    @bolt.command("/xk8s")
    def on_command(ack: Ack) -> None:
        ack()

    return bolt


def socket_mode(url: str) -> None:
    """Acknowledge by Socket Mode, with the handler that our product builds on."""
    from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler

    SocketModeHandler(app(url), app_token="xapp-bench").start()  # type: ignore[no-untyped-call]


def http_mode(url: str, port: int) -> None:
    """Acknowledge by HTTP, with the stock Starlette handler."""
    import uvicorn
    from slack_bolt.adapter.starlette import SlackRequestHandler
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    handler = SlackRequestHandler(app(url))

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    application = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "socket":
        socket_mode(sys.argv[2])
    else:
        http_mode(sys.argv[2], int(sys.argv[3]))
