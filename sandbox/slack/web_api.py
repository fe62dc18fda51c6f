"""The Web API: tokens, scopes, rate limits by tier, what ails it, and the methods of each subject."""

from __future__ import annotations

import asyncio
import collections
import json
import math
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from sandbox.slack.media import media
from sandbox.slack.methods.chat import Chat
from sandbox.slack.methods.directory import Directory
from sandbox.slack.methods.files import Files
from sandbox.slack.methods.views import Views
from sandbox.slack.model import APP_TOKEN, BOT_ID, BOT_TOKEN, SCOPES
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

MINUTE = 60.0
PER_MINUTE = {1: 20, 2: 24, 3: 60, 4: 120}  # a little above the published tiers, as Slack allows bursts
TIERS = {
    "apps.connections.open": 1,
    "usergroups.users.list": 2,
    "usergroups.list": 2,
    "users.list": 2,
    "conversations.list": 2,
    "chat.update": 3,
    "chat.delete": 3,
    "conversations.info": 3,
    "conversations.history": 3,
    "conversations.replies": 3,
    "conversations.open": 3,
    "conversations.join": 3,
    "users.conversations": 3,
    "files.delete": 3,
    "users.info": 4,
    "chat.postEphemeral": 4,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
    "conversations.members": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
}
CHANNEL_BURST, CHANNEL_SECONDS = 40, 1.0  # posts into one channel: one a second, after a burst
WORKSPACE_POSTS = 300  # a minute, over all channels
NEEDS = {  # scopes
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "conversations.join": "channels:join",
    "users.info": "users:read",
    "users.list": "users:read",
    "usergroups.users.list": "usergroups:read",
    "usergroups.list": "usergroups:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.info": "files:read",
}
SILENT, UNAVAILABLE, LIMITED = "silent", "unavailable", "ratelimited"


class WebApi:
    """Serves `/api/<method>`, response URLs, uploads and private files."""

    def __init__(
        self, workspace: Workspace, *, socket_url: Callable[[], str], rate_limits: bool = True
    ) -> None:
        self._workspace = workspace
        self._socket_url = socket_url
        self.rate_limits = rate_limits
        self.down = False  # every call is answered 503
        self.lose_answers = 0  # so many answers of chat.postMessage are lost after it was done
        self.ailing: dict[str, str] = {}  # by method: SILENT, UNAVAILABLE, LIMITED, or the name of an error
        self.scopes = set(SCOPES.split(","))
        self._spent: dict[str, collections.deque[float]] = collections.defaultdict(collections.deque)
        self._files = Files(workspace)
        directory = Directory(workspace)
        self._chat = Chat(workspace, directory)
        self._methods: dict[str, Callable[[Json], Json]] = {
            "api.test": lambda _given: {},
            "auth.test": self._auth_test,
            "apps.connections.open": self._connections_open,
            **directory.methods(),
            **self._chat.methods(),
            **Views(workspace).methods(),
            **self._files.methods(),
        }

    async def method(self, request: Request) -> Response:
        """Answer one call."""
        name = request.path_params["method"]
        given = await _arguments(request)
        ailing = self.ailing.get(name, "")
        if ailing == SILENT:
            await asyncio.sleep(3_600)
        if self.down or ailing == UNAVAILABLE:
            return PlainTextResponse("Service Unavailable", 503)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or given.pop("token", "")
        try:
            if ailing:
                raise Refused(ailing)
            answer = self._call(name, token, given)
        except Refused as refused:
            body: Json = {"ok": False, "error": refused.error, **refused.more}
            if refused.reasons:
                body["response_metadata"] = {"messages": refused.reasons}
                body["errors"] = refused.reasons
            if refused.error == LIMITED:
                return JSONResponse(body, 429, headers={"Retry-After": str(body.pop("retry_after", 2))})
            return JSONResponse(body)
        if name == "chat.postMessage" and self.lose_answers:
            self.lose_answers -= 1
            raise ConnectionResetError("the answer is lost")
        return JSONResponse({"ok": True, **answer}, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})

    def _call(self, name: str, token: str, given: Json) -> Json:
        if name not in self._methods:
            raise Refused("unknown_method")
        if not token:
            raise Refused("not_authed")
        if token != (APP_TOKEN if name == "apps.connections.open" else BOT_TOKEN):
            raise Refused("invalid_auth")
        if NEEDS.get(name) and NEEDS[name] not in self.scopes:
            raise Refused("missing_scope", needed=NEEDS[name], provided=",".join(sorted(self.scopes)))
        if self.rate_limits:
            self._spend_all(name, given)
        self._workspace.calls.append((name, given))
        return self._methods[name](given)

    def _spend_all(self, name: str, given: Json) -> None:
        if name == "chat.postMessage":
            self._spend("post", WORKSPACE_POSTS, MINUTE)
            self._spend(f"post {given.get('channel')}", CHANNEL_BURST, CHANNEL_BURST * CHANNEL_SECONDS)
        elif name in TIERS:
            self._spend(name, PER_MINUTE[TIERS[name]], MINUTE)

    def _spend(self, what: str, most: int, seconds: float) -> None:
        """Count one call against `most` in a window; raises `ratelimited` with the whole seconds to wait."""
        spent, now = self._spent[what], time.monotonic()
        while spent and now - spent[0] > seconds:
            spent.popleft()
        if len(spent) >= most:
            raise Refused(LIMITED, retry_after=max(1, math.ceil(spent[0] + seconds - now)))
        spent.append(now)

    def _auth_test(self, _given: Json) -> Json:
        bot, workspace = self._workspace.bot, self._workspace
        return {
            "url": f"{workspace.url}/",
            "team": workspace.name,
            "user": bot.name,
            "team_id": workspace.team,
            "user_id": bot.id,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _connections_open(self, _given: Json) -> Json:
        return {"url": self._socket_url()}

    # --- beside the methods

    async def upload(self, request: Request) -> Response:
        """Take the bytes of a file."""
        body = await request.body()
        if not self._files.take(request.path_params["file"], body, request.headers.get("content-type", "")):
            return PlainTextResponse("not found", 404)
        return PlainTextResponse(f"OK - {len(body)}")

    async def private_file(self, request: Request) -> Response:
        """A file's bytes for who has the token; anybody else gets the page to sign in, as from Slack."""
        found = self._files.read(
            request.path_params["file"].partition("-")[2], request.headers.get("authorization", "")
        )
        if found is None:
            return HTMLResponse(
                "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in</body></html>"
            )
        return Response(found.content, media_type=media(found.name)[0])

    async def respond(self, request: Request) -> Response:
        """Take an answer at a response URL."""
        status, said = self._chat.respond(request.path_params["key"], await request.json())
        return PlainTextResponse(said) if isinstance(said, str) else JSONResponse(said, status)


async def _arguments(request: Request) -> Json:
    if request.method == "GET":
        return dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        raw = await request.body()
        return dict(json.loads(raw)) if raw else {}

    given: Json = dict(request.query_params) | dict(
        parse_qsl((await request.body()).decode(), keep_blank_values=True)
    )
    for name in ("blocks", "metadata", "view"):
        if isinstance(given.get(name), str) and given[name]:
            given[name] = json.loads(given[name])
    return given
