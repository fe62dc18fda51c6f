"""The workspace on one port: the page for people, and the side of the app."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from sandbox.slack.fault_panel import FaultPanel, NoFaults
from sandbox.slack.page import Page
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.web_api import WebApi
from sandbox.slack.workspace import Workspace


def create_app(
    workspace: Workspace, api: WebApi, sockets: SocketMode, *, panel: FaultPanel | None = None
) -> Starlette:
    """Return an ASGI application for a workspace; `panel` are the faults that the page can switch."""
    page = Page(workspace, sockets, panel or NoFaults())
    return Starlette(
        routes=[
            Route("/", page.index),
            Route("/fragment", page.fragment),
            Route("/changes", page.changes),
            Route("/static/{name}", page.static),
            Route("/files/{file}", page.file),
            Route("/archives/{channel}/{stamp}", page.permalink),
            Route("/sandbox/say", page.say, methods=["POST"]),
            Route("/sandbox/click", page.click, methods=["POST"]),
            Route("/sandbox/submit", page.submit, methods=["POST"]),
            Route("/sandbox/close", page.close, methods=["POST"]),
            Route("/sandbox/open", page.open_app, methods=["POST"]),
            Route("/sandbox/attach", page.attach, methods=["POST"]),
            Route("/sandbox/fault", page.fault, methods=["POST"]),
            Route("/api/{method}", api.method, methods=["GET", "POST"]),
            Route("/respond/{key}", api.respond, methods=["POST"]),
            Route("/upload/{file}", api.upload, methods=["POST"]),
            Route("/files-pri/{file}/{name:path}", api.private_file),
            WebSocketRoute("/link/{ticket}", sockets.serve),
        ]
    )
