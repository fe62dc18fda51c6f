"""The Web API: tokens, scopes, rate limits by tier, faults, and the methods of each subject."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from sandbox.slack.errors import SlackError
from sandbox.slack.file_objects import media_type
from sandbox.slack.methods.chat import Chat
from sandbox.slack.methods.directory import Directory
from sandbox.slack.methods.files import Files
from sandbox.slack.methods.views import Views
from sandbox.slack.model import APP_TOKEN, BOT_ID, BOT_TOKEN, SCOPES, Json
from sandbox.slack.rate_limits import LIMITED, RateLimits
from sandbox.slack.workspace import Workspace

REQUIRED_SCOPES = {
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
SILENT, UNAVAILABLE = "silent", "unavailable"


class WebApi:
    """Serves `/api/<method>`, response URLs, uploads and private files."""

    def __init__(
        self, workspace: Workspace, *, socket_url: Callable[[], str], rate_limits: bool = True
    ) -> None:
        self._workspace = workspace
        self._socket_url = socket_url
        self.rate_limits = rate_limits
        self.down = False  # whether every call is answered 503
        self.lose_answers = 0  # how many answers of chat.postMessage get lost after it was done
        self.faults: dict[str, str] = {}  # by method: SILENT, UNAVAILABLE, LIMITED, or the name of an error
        self.scopes = set(SCOPES.split(","))
        self.limits = RateLimits()
        self._files = Files(workspace)
        directory = Directory(workspace)
        self._chat = Chat(workspace, directory)
        self._methods: dict[str, Callable[[Json], Json]] = {
            "api.test": lambda _arguments: {},
            "auth.test": self._auth_test,
            "apps.connections.open": self._connections_open,
            **directory.methods(),
            **self._chat.methods(),
            **Views(workspace).methods(),
            **self._files.methods(),
        }

    async def method(self, request: Request) -> Response:
        """Answer one call of a method."""
        name = request.path_params["method"]
        arguments = await _arguments(request)
        fault = self.faults.get(name, "")
        if fault == SILENT:
            await asyncio.sleep(3_600)
        if self.down or fault == UNAVAILABLE:
            return PlainTextResponse("Service Unavailable", 503)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or arguments.pop("token", "")
        try:
            if fault:
                raise SlackError(fault)
            answer = self._call(name, token, arguments)
        except SlackError as error:
            body: Json = {"ok": False, "error": error.error, **error.fields}
            if error.reasons:
                body["response_metadata"] = {"messages": error.reasons}
                body["errors"] = error.reasons
            if error.error == LIMITED:
                return JSONResponse(body, 429, headers={"Retry-After": str(body.pop("retry_after", 2))})
            return JSONResponse(body)
        if name == "chat.postMessage" and self.lose_answers:
            self.lose_answers -= 1
            raise ConnectionResetError("the answer is lost")
        return JSONResponse({"ok": True, **answer}, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})

    def _call(self, name: str, token: str, arguments: Json) -> Json:
        if name not in self._methods:
            raise SlackError("unknown_method")
        if not token:
            raise SlackError("not_authed")
        if token != (APP_TOKEN if name == "apps.connections.open" else BOT_TOKEN):
            raise SlackError("invalid_auth")
        scope = REQUIRED_SCOPES.get(name)
        if scope and scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
        if self.rate_limits:
            self.limits.count(name, str(arguments.get("channel")))
        self._workspace.calls.append((name, arguments))
        return self._methods[name](arguments)

    def _auth_test(self, _arguments: Json) -> Json:
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

    def _connections_open(self, _arguments: Json) -> Json:
        return {"url": self._socket_url()}

    # --- beside the methods

    async def upload(self, request: Request) -> Response:
        """Receive the bytes of a file."""
        body = await request.body()
        if not self._files.receive(
            request.path_params["file"], body, request.headers.get("content-type", "")
        ):
            return PlainTextResponse("not found", 404)
        return PlainTextResponse(f"OK - {len(body)}")

    async def private_file(self, request: Request) -> Response:
        """Return the bytes of a file; without the token of the app, the page to sign in, as Slack does."""
        id_ = request.path_params["file"].partition("-")[2]
        file = self._files.read(id_, request.headers.get("authorization", ""))
        if file is None:
            return HTMLResponse(
                "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in</body></html>"
            )
        return Response(file.content, media_type=media_type(file.name)[0])

    async def respond(self, request: Request) -> Response:
        """Take an answer at a response URL."""
        status, reply = self._chat.respond(request.path_params["key"], await request.json())
        return PlainTextResponse(reply) if isinstance(reply, str) else JSONResponse(reply, status)


async def _arguments(request: Request) -> Json:
    if request.method == "GET":
        return dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        raw = await request.body()
        return dict(json.loads(raw)) if raw else {}

    arguments: Json = dict(request.query_params) | dict(
        parse_qsl((await request.body()).decode(), keep_blank_values=True)
    )
    for name in ("blocks", "metadata", "view"):
        if isinstance(arguments.get(name), str) and arguments[name]:
            arguments[name] = json.loads(arguments[name])
    return arguments
