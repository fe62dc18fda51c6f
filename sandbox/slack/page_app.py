"""The workspace in a browser: the page, what people do on it, and the app's side on the same port."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import jinja2
from starlette.applications import Starlette
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
from starlette.routing import Route, WebSocketRoute

from sandbox.slack.media import media
from sandbox.slack.render import Renderer, clock, size
from sandbox.slack.sockets import SocketMode
from sandbox.slack.web_api import WebApi
from sandbox.slack.workspace import Message, Workspace

Json = dict[str, Any]
PAGE = Path(__file__).parent / "page"
STATIC = {"page.css": "text/css", "page.js": "text/javascript"}
HINTS = (
    ("/xk8s verify calico", "is the network driver healthy, on every node"),
    ("/xk8s template create flannel", "a cluster template for development"),
    ("/xk8s template create calico", "a cluster template for production"),
    ("/xk8s template create", "with a form"),
    ("/xk8s driver list", "Calico and Flannel side by side"),
    ("/xk8s cluster list", "your clusters"),
    ("/xk8s template list", "your templates"),
    ("/xk8s policy preview default-deny-ingress prod-eu -n shop", "what a policy would change"),
    ("/xk8s policy reach prod-eu", "who can reach whom"),
    ("/xk8s migrate dev-eu --to calico", "a plan first, nothing moves before it is approved"),
    ("/xk8s approvals", "what waits for a second person"),
    ("/xk8s audit", "who did what"),
    ("/xk8s whoami", "what you may do here"),
    ("/xk8s help", "everything one can type"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaultSwitch:
    """One fault on the page."""

    id: str
    title: str
    explanation: str
    on: bool
    nodes: Sequence[str] = ()
    node: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaultGroup:
    """The faults of one thing."""

    title: str
    faults: Sequence[FaultSwitch]


class FaultPanel(Protocol):
    """What the page needs of whatever can be broken."""

    def groups(self) -> Sequence[FaultGroup]: ...

    async def switch(self, fault: str, on: bool, node: str) -> None: ...


class NoFaults:
    """Nothing can be broken."""

    def groups(self) -> Sequence[FaultGroup]:
        """None."""
        return ()

    async def switch(self, fault: str, on: bool, node: str) -> None:
        """There is nothing to switch."""


class Page:
    """Renders the page and takes what people do on it."""

    def __init__(self, workspace: Workspace, sockets: SocketMode, panel: FaultPanel) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._panel = panel
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGE), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._renderer = Renderer(
            user_name=self._name, channel_name=lambda channel: workspace.channels[channel].name
        )

    async def index(self, request: Request) -> Response:
        """The whole page."""
        return HTMLResponse(self._render("index.html", request))

    async def fragment(self, request: Request) -> Response:
        """What changes of it."""
        return HTMLResponse(self._render("body.html", request))

    async def static(self, request: Request) -> Response:
        """Style and script."""
        name = request.path_params["name"]
        return (
            FileResponse(PAGE / name, media_type=STATIC[name])
            if name in STATIC
            else PlainTextResponse("not found", 404)
        )

    async def file(self, request: Request) -> Response:
        """An uploaded file."""
        found = self._workspace.files.get(request.path_params["file"])
        if found is None:
            return PlainTextResponse("not found", 404)
        kind = media(found.name)[0]
        return Response(
            found.content, media_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        )

    async def permalink(self, request: Request) -> Response:
        """Where a permalink leads: the message, in its thread."""
        channel, stamp = request.path_params["channel"], request.path_params["stamp"]
        ts = f"{stamp[1:-6]}.{stamp[-6:]}"
        thread = request.query_params.get("thread_ts", ts)
        return RedirectResponse("/?" + urlencode({"channel": channel, "thread": thread}))

    async def changes(self, request: Request) -> Response:
        """One server-sent event per change."""

        async def events() -> AsyncIterator[str]:
            seen = self._workspace.version
            yield ": hello\n\n"
            while not await request.is_disconnected():
                await self._workspace.next_change(10.0)
                if self._workspace.version != seen:
                    seen = self._workspace.version
                    yield f"data: {seen}\n\n"
                else:
                    yield ": still here\n\n"

        return StreamingResponse(
            events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def say(self, request: Request) -> Response:
        """A message, or a command."""
        given = await request.json()
        text, thread = str(given["text"]).strip(), str(given.get("thread") or "")
        if text.startswith("/") and not thread:
            await self._workspace.command(given["user"], given["channel"], text)
        elif text.startswith("/"):
            self._workspace.reply_privately(
                given["user"],
                given["channel"],
                f"{text.split()[0]} is not supported in threads. Sorry!",
                thread=thread,
            )
        else:
            await self._workspace.say(given["user"], given["channel"], text, thread=thread)
        return PlainTextResponse("ok")

    async def click(self, request: Request) -> Response:
        """A button, or a choice in a menu; of a message, a modal or the Home tab."""
        given = await request.json()
        action, value, block = given["action"], given.get("value"), given.get("block") or ""
        if given.get("view"):
            values = given.get("values") or {}
            await self._workspace.click_view(
                given["user"], given["view"], action, block_id=block, value=value, values=values
            )
        else:
            await self._workspace.click(
                given["user"], given["channel"], given["ts"], action, block_id=block, value=value
            )
        return PlainTextResponse("ok")

    async def open_app(self, request: Request) -> Response:
        """The app's Home or Messages tab."""
        given = await request.json()
        await self._workspace.open_app(given["user"], tab=given["tab"])
        return PlainTextResponse("ok")

    async def attach(self, request: Request) -> Response:
        """A file that is picked in a modal; its id is what the modal submits."""
        query = request.query_params
        made = self._workspace.attach(query["user"], query["name"], await request.body())
        return JSONResponse({"id": made.id})

    async def submit(self, request: Request) -> Response:
        """A modal."""
        given = await request.json()
        user, view = given.pop("user"), given.pop("view")
        files = {
            name: str(given[name]).split()
            for name in given.pop("file_fields", "").split()
            if given.get(name) is not None
        }
        await self._workspace.submit(user, view, given | files)
        return PlainTextResponse("ok")

    async def close(self, request: Request) -> Response:
        """A modal that is closed."""
        await self._workspace.close_view((await request.json())["view"])
        return PlainTextResponse("ok")

    async def fault(self, request: Request) -> Response:
        """A fault that is switched."""
        given = await request.json()
        await self._panel.switch(given["id"], bool(given.get("on")), str(given.get("node") or ""))
        self._workspace.changed()
        return PlainTextResponse("ok")

    def _name(self, user: str) -> str:
        found = self._workspace.users.get(user)
        return found.name if found else user

    def _render(self, template: str, request: Request) -> str:
        workspace, query = self._workspace, request.query_params
        people = [user for user in workspace.users.values() if not user.bot and not user.deleted]
        user = workspace.users.get(query.get("user", ""), people[0])
        mine = [channel for channel in workspace.channels.values() if user.id in channel.members]
        channel = next((found for found in mine if found.id == query.get("channel")), mine[0])
        home = query.get("tab") == "home" and channel.direct
        thread = "" if home else query.get("thread", "")
        root = workspace.message(channel.id, thread) if thread else None
        faults = self._panel.groups()

        def link(**changes: str) -> str:
            state = {
                "user": user.id,
                "channel": channel.id,
                "thread": thread,
                "tab": "home" if home else "",
            } | changes
            if "channel" in changes or "user" in changes:
                state["thread"] = ""
            if "channel" in changes and "tab" not in changes:
                state["tab"] = ""
            if "user" in changes and channel.direct:
                state["channel"] = f"D0{changes['user'][2:]}"
            return "?" + urlencode({key: value for key, value in state.items() if value})

        def replies_of(message: Message) -> list[Message]:
            return workspace.thread(user.id, channel.id, message.ts)

        return self._templates.get_template(template).render(
            workspace=workspace,
            user=user,
            people=people,
            channel=channel,
            thread=thread,
            root=root,
            link=link,
            channels=[found for found in mine if not found.direct],
            directs=[found for found in mine if found.direct],
            messages=workspace.visible(user.id, channel.id),
            replies=replies_of(root) if root else [],
            replies_of=replies_of,
            views=[view for view in workspace.views.values() if view.user == user.id][-1:],
            home=home,
            home_view=workspace.homes.get(user.id),
            of=list(workspace.users).index,
            size=size,
            is_image=lambda file: str(file["mimetype"]).startswith("image/"),
            bot=workspace.bot.id,
            name=self._name,
            mrkdwn=self._renderer.mrkdwn,
            text=self._renderer.text,
            clock=clock,
            hints=HINTS,
            faults=faults,
            faults_on=sum(fault.on for group in faults for fault in group.faults),
            connected=bool(self._sockets.connections),
            topic="What waits for you, and direct messages with the app" if channel.direct else channel.topic,
        )


def create_app(
    workspace: Workspace, api: WebApi, sockets: SocketMode, *, panel: FaultPanel | None = None
) -> Starlette:
    """The page and the app's side on one port."""
    page = Page(workspace, sockets, panel or NoFaults())
    return Starlette(
        routes=[
            Route("/", page.index),
            Route("/fragment", page.fragment),
            Route("/changes", page.changes),
            Route("/static/{name}", page.static),
            Route("/files/{file}", page.file),
            Route("/sandbox/say", page.say, methods=["POST"]),
            Route("/sandbox/click", page.click, methods=["POST"]),
            Route("/sandbox/submit", page.submit, methods=["POST"]),
            Route("/sandbox/close", page.close, methods=["POST"]),
            Route("/sandbox/open", page.open_app, methods=["POST"]),
            Route("/sandbox/attach", page.attach, methods=["POST"]),
            Route("/archives/{channel}/{stamp}", page.permalink),
            Route("/files-pri/{file}/{name:path}", api.private_file),
            Route("/sandbox/fault", page.fault, methods=["POST"]),
            Route("/api/{method}", api.method, methods=["GET", "POST"]),
            Route("/respond/{key}", api.respond, methods=["POST"]),
            Route("/upload/{file}", api.upload, methods=["POST"]),
            WebSocketRoute("/link/{ticket}", sockets.serve),
        ]
    )
