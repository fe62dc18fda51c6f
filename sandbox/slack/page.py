"""The page over HTTP: what it shows, when it changes, and what people do on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from sandbox.slack.fault_panel import FaultPanel
from sandbox.slack.file_objects import media_type
from sandbox.slack.page_view import FOLDER, PageView
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.workspace import Workspace

STATIC = {"page.css": "text/css", "page.js": "text/javascript"}
KEEP_ALIVE = 10.0  # seconds without a change, after which the stream of changes sends a comment


class Page:
    """The handlers of the page; the state lives in the workspace and in the address."""

    def __init__(self, workspace: Workspace, sockets: SocketMode, panel: FaultPanel) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._panel = panel
        self._view = PageView(workspace, panel)

    # --- what it shows

    async def index(self, request: Request) -> Response:
        """Show the whole page."""
        return self._render("index.html", request)

    async def fragment(self, request: Request) -> Response:
        """Show the part of the page that changes."""
        return self._render("body.html", request)

    def _render(self, template: str, request: Request) -> Response:
        connected = bool(self._sockets.connections)
        return HTMLResponse(self._view.render(template, request.query_params, connected=connected))

    async def static(self, request: Request) -> Response:
        """Serve the style or the script."""
        name = request.path_params["name"]
        if name not in STATIC:
            return PlainTextResponse("not found", 404)
        return FileResponse(FOLDER / name, media_type=STATIC[name])

    async def file(self, request: Request) -> Response:
        """Serve an uploaded file."""
        file = self._workspace.files.get(request.path_params["file"])
        if file is None:
            return PlainTextResponse("not found", 404)
        mimetype = media_type(file.name)[0]
        charset = "; charset=utf-8" if mimetype.startswith("text/") else ""
        return Response(file.content, media_type=f"{mimetype}{charset}")

    async def permalink(self, request: Request) -> Response:
        """Lead a permalink to its message, in its thread."""
        channel, stamp = request.path_params["channel"], request.path_params["stamp"]
        ts = f"{stamp[1:-6]}.{stamp[-6:]}"
        thread = request.query_params.get("thread_ts", ts)
        return RedirectResponse("/?" + urlencode({"channel": channel, "thread": thread}))

    async def changes(self, request: Request) -> Response:
        """Send one server-sent event for every change."""

        async def events() -> AsyncIterator[str]:
            version = self._workspace.version
            yield ": hello\n\n"
            while not await request.is_disconnected():
                await self._workspace.next_change(KEEP_ALIVE)
                if self._workspace.version != version:
                    version = self._workspace.version
                    yield f"data: {version}\n\n"
                else:
                    yield ": still here\n\n"

        return StreamingResponse(
            events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    # --- what people do on it

    async def say(self, request: Request) -> Response:
        """Send a message, or a slash command."""
        body = await request.json()
        user, channel = body["user"], body["channel"]
        text, thread = str(body["text"]).strip(), str(body.get("thread") or "")
        if text.startswith("/") and not thread:
            await self._workspace.command(user, channel, text)
        elif text.startswith("/"):
            reply = f"{text.split()[0]} is not supported in threads. Sorry!"
            self._workspace.reply_privately(user, channel, reply, thread=thread)
        else:
            await self._workspace.say(user, channel, text, thread=thread)
        return PlainTextResponse("ok")

    async def click(self, request: Request) -> Response:
        """Press a button or choose in a menu, of a message, a modal or the Home tab."""
        body = await request.json()
        action, value, block = body["action"], body.get("value"), body.get("block") or ""
        if body.get("view"):
            values = body.get("values") or {}
            await self._workspace.click_view(
                body["user"], body["view"], action, block_id=block, value=value, values=values
            )
        else:
            await self._workspace.click(
                body["user"], body["channel"], body["ts"], action, block_id=block, value=value
            )
        return PlainTextResponse("ok")

    async def open_app(self, request: Request) -> Response:
        """Open the Home or Messages tab of the app."""
        body = await request.json()
        await self._workspace.open_app(body["user"], tab=body["tab"])
        return PlainTextResponse("ok")

    async def attach(self, request: Request) -> Response:
        """Pick a file in a modal, and return the id that the modal submits."""
        query = request.query_params
        file = self._workspace.attach(query["user"], query["name"], await request.body())
        return JSONResponse({"id": file.id})

    async def submit(self, request: Request) -> Response:
        """Submit a modal; file inputs hold the ids of picked files."""
        values = await request.json()
        user, view = values.pop("user"), values.pop("view")
        file_fields = values.pop("file_fields", "").split()
        files = {name: str(values[name]).split() for name in file_fields if values.get(name) is not None}
        await self._workspace.submit(user, view, values | files)
        return PlainTextResponse("ok")

    async def close(self, request: Request) -> Response:
        """Close a modal without submitting it."""
        await self._workspace.close_view((await request.json())["view"])
        return PlainTextResponse("ok")

    async def fault(self, request: Request) -> Response:
        """Switch a fault of the panel on or off."""
        body = await request.json()
        await self._panel.switch(body["id"], bool(body.get("on")), str(body.get("node") or ""))
        self._workspace.changed()
        return PlainTextResponse("ok")
