"""The Web API: methods, their errors by Slack's names, and rate limits."""

from __future__ import annotations

import collections
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.sandbox.slack import blocks
from bot.sandbox.slack.workspace import (
    APP_TOKEN,
    BOT_TOKEN,
    RESPONSE_SECONDS,
    RESPONSE_USES,
    SCOPES,
    TRIGGER_SECONDS,
    Channel,
    Message,
    View,
    Workspace,
)

Json = dict[str, Any]

TEXT_POST, TEXT_UPDATE = 40_000, 4_000
PER_MINUTE = {1: 20, 2: 40, 3: 80, 4: 160}  # a little above the published tiers, as Slack allows bursts
TIERS = {
    "apps.connections.open": 1, "usergroups.users.list": 2, "usergroups.list": 2, "users.list": 2, "conversations.list": 2,
    "chat.update": 3, "chat.delete": 3, "conversations.info": 3, "conversations.history": 3, "conversations.replies": 3,
    "conversations.open": 3, "conversations.join": 3, "users.info": 4, "chat.postEphemeral": 4, "views.open": 4, "views.update": 4,
    "views.publish": 4, "files.completeUploadExternal": 4, "conversations.members": 4, "chat.postMessage": 4,
}  # fmt: skip


class Refused(Exception):
    """`ok: false` with an error's name."""

    def __init__(self, error: str, reasons: list[str] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.reasons = reasons or []


class WebApi:
    """Serves `/api/<method>`, response URLs and file uploads."""

    def __init__(self, workspace: Workspace, *, socket_url: Callable[[], str], rate_limits: bool = True) -> None:
        self._workspace = workspace
        self._socket_url = socket_url
        self.rate_limits = rate_limits
        self.down = False  # every call is answered 503
        self.lose_answers = 0  # so many answers of chat.postMessage are lost after it was done
        self._spent: dict[str, collections.deque[float]] = collections.defaultdict(collections.deque)
        self._uploads: dict[str, Json] = {}
        self._methods: dict[str, Callable[[Json], Json]] = {
            "api.test": lambda _given: {}, "auth.test": self._auth_test, "apps.connections.open": self._connections_open,
            "chat.postMessage": self._post, "chat.update": self._update, "chat.delete": self._delete,
            "chat.postEphemeral": self._ephemeral, "chat.getPermalink": self._permalink,
            "conversations.info": self._channel_info, "conversations.list": self._channel_list,
            "conversations.members": self._members, "conversations.history": self._history,
            "conversations.replies": self._replies, "conversations.open": self._open_direct, "conversations.join": self._join,
            "users.info": self._user_info, "users.list": self._user_list, "usergroups.users.list": self._group_members,
            "usergroups.list": self._group_list, "views.open": self._view_open, "views.update": self._view_update,
            "files.getUploadURLExternal": self._upload_url, "files.completeUploadExternal": self._upload_done,
        }  # fmt: skip

    async def method(self, request: Request) -> Response:
        """Answer one call."""
        name = request.path_params["method"]
        given = await _arguments(request)
        if self.down:
            return PlainTextResponse("Service Unavailable", 503)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or given.pop("token", "")
        try:
            answer = self._call(name, token, given)
        except Refused as refused:
            body: Json = {"ok": False, "error": refused.error}
            if refused.reasons:
                body["response_metadata"] = {"messages": refused.reasons}
                body["errors"] = refused.reasons
            if refused.error == "ratelimited":
                return JSONResponse(body, 429, headers={"Retry-After": "2"})
            return JSONResponse(body)
        if name == "chat.postMessage" and self.lose_answers:
            self.lose_answers -= 1
            raise ConnectionResetError("the answer is lost")
        return JSONResponse({"ok": True, **answer}, headers={"x-oauth-scopes": SCOPES})

    def _call(self, name: str, token: str, given: Json) -> Json:
        if name not in self._methods:
            raise Refused("unknown_method")
        if token != (APP_TOKEN if name == "apps.connections.open" else BOT_TOKEN):
            raise Refused("invalid_auth")
        self._spend(name)
        self._workspace.calls.append((name, given))
        return self._methods[name](given)

    def _spend(self, name: str) -> None:
        tier = TIERS.get(name)
        if not self.rate_limits or tier is None:
            return
        spent, now = self._spent[name], time.monotonic()
        while spent and now - spent[0] > 60:
            spent.popleft()
        if len(spent) >= PER_MINUTE[tier]:
            raise Refused("ratelimited")
        spent.append(now)

    # --- who and where

    def _auth_test(self, _given: Json) -> Json:
        bot, workspace = self._workspace.bot, self._workspace
        return {
            "url": f"{workspace.url}/",
            "team": workspace.name,
            "user": bot.name,
            "team_id": workspace.team,
            "user_id": bot.id,
            "bot_id": "B0XK8S",
        }

    def _connections_open(self, _given: Json) -> Json:
        return {"url": self._socket_url()}

    def _channel(self, given: Json, *, to_post: bool = False) -> Channel:
        channel = self._workspace.channels.get(str(given.get("channel", "")))
        bot = self._workspace.bot.id
        if channel is None or ((channel.private or channel.direct) and bot not in channel.members):
            raise Refused("channel_not_found")
        if to_post and channel.archived:
            raise Refused("is_archived")
        return channel

    def _channel_info(self, given: Json) -> Json:
        return {"channel": self._channel_json(self._channel(given))}

    def _channel_list(self, _given: Json) -> Json:
        return {
            "channels": [
                self._channel_json(c) for c in self._workspace.channels.values() if not c.direct and not c.private
            ]
        }

    def _channel_json(self, channel: Channel) -> Json:
        return {
            "id": channel.id, "name": channel.name, "is_channel": not channel.direct, "is_im": channel.direct, "is_private": channel.private,
            "is_archived": channel.archived, "is_member": self._workspace.bot.id in channel.members,
        }  # fmt: skip

    def _members(self, given: Json) -> Json:
        return {"members": sorted(self._channel(given).members), "response_metadata": {"next_cursor": ""}}

    def _join(self, given: Json) -> Json:
        channel = self._channel(given)
        channel.members.add(self._workspace.bot.id)
        return {"channel": self._channel_json(channel)}

    def _open_direct(self, given: Json) -> Json:
        user = str(given.get("users", ""))
        found = next((c for c in self._workspace.channels.values() if c.direct and user in c.members), None)
        if found is None:
            raise Refused("user_not_found")
        return {"channel": {"id": found.id}}

    def _user_json(self, user: str) -> Json:
        found = self._workspace.users.get(user)
        if found is None:
            raise Refused("user_not_found")
        return {
            "id": found.id, "team_id": self._workspace.team, "name": found.name, "real_name": found.real_name, "deleted": False,
            "is_bot": found.bot, "is_restricted": found.restricted, "is_ultra_restricted": False,
        }  # fmt: skip

    def _user_info(self, given: Json) -> Json:
        return {"user": self._user_json(str(given.get("user", "")))}

    def _user_list(self, _given: Json) -> Json:
        return {"members": [self._user_json(user) for user in self._workspace.users]}

    def _group_members(self, given: Json) -> Json:
        members = self._workspace.groups.get(str(given.get("usergroup", "")))
        if members is None:
            raise Refused("no_such_subteam")
        return {"users": sorted(members)}

    def _group_list(self, _given: Json) -> Json:
        return {"usergroups": [{"id": group, "handle": "ops"} for group in self._workspace.groups]}

    # --- messages

    def _content(self, given: Json, *, longest: int) -> tuple[str, list[Json]]:
        text, shown = str(given.get("text") or ""), given.get("blocks") or []
        if not text and not shown:
            raise Refused("no_text")
        if len(text) > longest:
            raise Refused("msg_too_long")
        if shown:
            try:
                blocks.check_message(shown)
            except blocks.Refused as refused:
                raise Refused(refused.error, refused.reasons) from None
        return text, shown

    def _post(self, given: Json) -> Json:
        channel = self._channel(given, to_post=True)
        text, shown = self._content(given, longest=TEXT_POST)
        thread = given.get("thread_ts") or ""
        if thread and not re.fullmatch(r"\d+\.\d{6}", str(thread)):
            raise Refused("invalid_thread_ts")
        if thread and self._workspace.message(channel.id, thread) is None:
            thread = ""  # a deleted parent: Slack posts at the top level without a word
        made = self._workspace.post(
            Message(channel=channel.id, ts=self._workspace.ts(), user=self._workspace.bot.id, text=text, blocks=shown, thread=str(thread),
                    metadata=given.get("metadata"))
        )  # fmt: skip
        return {"channel": channel.id, "ts": made.ts, "message": self._message_json(made)}

    def _message_json(self, message: Message, *, metadata: bool = False) -> Json:
        shown: Json = {
            "type": "message",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "blocks": message.blocks,
        }
        if message.thread:
            shown["thread_ts"] = message.thread
        if metadata and message.metadata:
            shown["metadata"] = message.metadata
        return shown

    def _own(self, given: Json) -> Message:
        channel = self._channel(given)
        found = self._workspace.message(channel.id, str(given.get("ts", "")))
        if found is None or found.only_for:
            raise Refused("message_not_found")
        if found.user != self._workspace.bot.id:
            raise Refused("cant_update_message")
        return found

    def _update(self, given: Json) -> Json:
        found = self._own(given)
        text, shown = self._content(given, longest=TEXT_UPDATE)
        found.text, found.blocks, found.edited = text, shown, True
        self._workspace.changed()
        return {"channel": found.channel, "ts": found.ts, "text": text}

    def _delete(self, given: Json) -> Json:
        found = self._own(given)
        self._workspace.messages.remove(found)
        self._workspace.changed()
        return {"channel": found.channel, "ts": found.ts}

    def _ephemeral(self, given: Json) -> Json:
        channel = self._channel(given, to_post=True)
        user = str(given.get("user", ""))
        if user not in channel.members:
            raise Refused("user_not_in_channel")
        text, shown = self._content(given, longest=TEXT_POST)
        made = self._workspace.whisper(user, channel.id, text, shown, thread=str(given.get("thread_ts") or ""))
        return {"message_ts": made.ts}

    def _permalink(self, given: Json) -> Json:
        return {
            "permalink": f"{self._workspace.url}/archives/{given.get('channel')}/p{str(given.get('message_ts', '')).replace('.', '')}"
        }

    def _history(self, given: Json) -> Json:
        return self._read(given, "")

    def _replies(self, given: Json) -> Json:
        return self._read(given, str(given.get("ts", "")))

    def _read(self, given: Json, thread: str) -> Json:
        channel = self._channel(given)
        if self._workspace.bot.id not in channel.members:
            raise Refused("not_in_channel")
        oldest = float(given.get("oldest") or 0)
        with_metadata = str(given.get("include_all_metadata", "")).lower() in ("1", "true")
        found = [
            message
            for message in self._workspace.messages
            if message.channel == channel.id and not message.only_for and float(message.ts) >= oldest
            and (message.thread == thread or (thread and message.ts == thread))
        ]  # fmt: skip
        shown = [self._message_json(message, metadata=with_metadata) for message in found]
        return {"messages": shown if thread else shown[::-1], "has_more": False}

    # --- views and files

    def _view_open(self, given: Json) -> Json:
        trigger = self._workspace.triggers.get(str(given.get("trigger_id", "")))
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if time.monotonic() - trigger.made > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        body = self._view_body(given)
        trigger.used = True
        made = View(
            id=f"V{uuid.uuid4().hex[:10].upper()}",
            user=trigger.user,
            body=body,
            external_id=body.get("external_id", ""),
        )
        self._workspace.views[made.id] = made
        self._workspace.changed()
        return {"view": {"id": made.id, **body}}

    def _view_update(self, given: Json) -> Json:
        found = next(
            (
                v
                for v in self._workspace.views.values()
                if given.get("view_id") == v.id or (v.external_id and given.get("external_id") == v.external_id)
            ),
            None,
        )
        if found is None:
            raise Refused("not_found")
        found.body, found.errors = self._view_body(given), {}
        self._workspace.changed()
        return {"view": {"id": found.id, **found.body}}

    def _view_body(self, given: Json) -> Json:
        body = given.get("view")
        body = json.loads(body) if isinstance(body, str) else body or {}
        try:
            blocks.check_view(body)
        except blocks.Refused as refused:
            raise Refused(refused.error, refused.reasons) from None
        return dict(body)

    def _upload_url(self, given: Json) -> Json:
        if not given.get("filename") or int(given.get("length") or 0) < 1:
            raise Refused("invalid_arguments")
        made = f"F{uuid.uuid4().hex[:10].upper()}"
        self._uploads[made] = {"id": made, "name": given["filename"], "content": b""}
        return {"upload_url": f"{self._workspace.url}/upload/{made}", "file_id": made}

    def _upload_done(self, given: Json) -> Json:
        listed = given.get("files")
        listed = json.loads(listed) if isinstance(listed, str) else listed or []
        channel = self._channel({"channel": given.get("channel_id")}, to_post=True)
        if self._workspace.bot.id not in channel.members:
            raise Refused("not_in_channel")
        done = []
        for item in listed:
            found = self._uploads.get(item["id"])
            if found is None:
                raise Refused("file_not_found")
            found["title"] = item.get("title", found["name"])
            self._workspace.files[found["id"]] = found
            done.append(
                {"id": found["id"], "title": found["title"], "name": found["name"], "size": len(found["content"])}
            )
        self._workspace.post(
            Message(channel=channel.id, ts=self._workspace.ts(), user=self._workspace.bot.id, text=str(given.get("initial_comment") or ""),
                    thread=str(given.get("thread_ts") or ""), files=done)
        )  # fmt: skip
        return {"files": done}

    async def upload(self, request: Request) -> Response:
        """Take the bytes of a file."""
        found = self._uploads.get(request.path_params["file"])
        if found is None:
            return PlainTextResponse("not found", 404)
        body = await request.body()
        if request.headers.get("content-type", "").startswith("multipart/"):
            body = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
        found["content"] = body
        return PlainTextResponse(f"OK - {len(body)}")

    async def respond(self, request: Request) -> Response:
        """Take an answer at a response URL."""
        found = self._workspace.response_urls.get(request.path_params["key"])
        if found is None or found.uses >= RESPONSE_USES or time.monotonic() - found.made > RESPONSE_SECONDS:
            return JSONResponse({"ok": False, "error": "used_url" if found else "expired_url"}, 404)
        given = await request.json()
        try:
            if given.get("blocks"):
                blocks.check_message(given["blocks"])
        except blocks.Refused:
            return JSONResponse({"ok": False, "error": "invalid_blocks"}, 400)
        found.uses += 1
        self._workspace.calls.append(("response_url", given))
        text, shown = given.get("text", ""), given.get("blocks") or []
        if given.get("response_type") == "in_channel":
            self._workspace.post(
                Message(
                    channel=found.channel,
                    ts=self._workspace.ts(),
                    user=self._workspace.bot.id,
                    text=text,
                    blocks=shown,
                )
            )
        else:
            self._workspace.whisper(found.user, found.channel, text, shown)
        return PlainTextResponse("ok")


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
