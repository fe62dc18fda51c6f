"""The methods about messages: posting, changing, reading, and answers at response URLs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from sandbox.slack import blocks
from sandbox.slack.methods.directory import Directory
from sandbox.slack.model import (
    APP,
    APP_BOT,
    BOT_ID,
    RESPONSE_SECONDS,
    RESPONSE_USES,
    Channel,
    Json,
    Message,
    ResponseUrl,
)
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace

TEXT_POST, TEXT_UPDATE = 40_000, 4_000


class Chat:
    """Messages of the app, and of everybody in channels that it is in."""

    def __init__(self, workspace: Workspace, directory: Directory) -> None:
        self._workspace = workspace
        self._directory = directory

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """By name."""
        return {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._ephemeral,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }

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

    def _thread(self, channel: Channel, given: Json) -> str:
        thread = str(given.get("thread_ts") or "")
        if thread and not re.fullmatch(r"\d+\.\d{6}", thread):
            raise Refused("invalid_thread_ts")
        root = self._workspace.message(channel.id, thread) if thread else None
        if root is None:
            return ""  # a deleted parent: Slack posts at the top level without a word
        return root.thread or root.ts

    def _post(self, given: Json) -> Json:
        channel = self._directory.channel(given, to_post=True)
        text, shown = self._content(given, longest=TEXT_POST)
        thread = self._thread(channel, given)
        made = self._workspace.post(
            Message(
                channel=channel.id,
                ts=self._workspace.ts(),
                user=APP_BOT,
                text=text,
                blocks=shown,
                thread=thread,
                metadata=given.get("metadata"),
            )
        )
        return {"channel": channel.id, "ts": made.ts, "message": self._json(made)}

    def _own(self, given: Json) -> Message:
        channel = self._directory.channel(given)
        found = self._workspace.message(channel.id, str(given.get("ts", "")))
        if found is None or found.only_for:
            raise Refused("message_not_found")
        if found.user != APP_BOT:
            raise Refused("cant_update_message")
        return found

    def _update(self, given: Json) -> Json:
        found = self._own(given)
        text, shown = self._content(given, longest=TEXT_UPDATE)
        found.text, found.blocks, found.edited = text, shown, True
        if given.get("metadata"):
            found.metadata = given["metadata"]
        self._workspace.changed()
        return {"channel": found.channel, "ts": found.ts, "text": text, "message": self._json(found)}

    def _delete(self, given: Json) -> Json:
        try:
            found = self._own(given)
        except Refused as refused:
            raise Refused(refused.error.replace("cant_update", "cant_delete")) from None
        self._workspace.messages.remove(found)
        self._workspace.changed()
        return {"channel": found.channel, "ts": found.ts}

    def _ephemeral(self, given: Json) -> Json:
        channel = self._directory.channel(given, to_post=True)
        user = str(given.get("user", ""))
        if user not in channel.members:
            raise Refused("user_not_in_channel")
        if APP_BOT not in channel.members:
            raise Refused("not_in_channel")
        text, shown = self._content(given, longest=TEXT_POST)
        made = self._workspace.reply_privately(
            user, channel.id, text, shown, thread=self._thread(channel, given)
        )
        return {"message_ts": made.ts}

    def _permalink(self, given: Json) -> Json:
        channel = self._directory.channel(given)
        found = self._workspace.message(channel.id, str(given.get("message_ts", "")))
        if found is None:
            raise Refused("message_not_found")
        link = f"{self._workspace.url}/archives/{channel.id}/p{found.ts.replace('.', '')}"
        if found.thread:
            link += f"?thread_ts={found.thread}&cid={channel.id}"
        return {"channel": channel.id, "permalink": link}

    # --- reading

    def _history(self, given: Json) -> Json:
        found = [message for message in self._readable(given) if not message.thread]
        return self._page(found[::-1], given)

    def _replies(self, given: Json) -> Json:
        root = str(given.get("ts", ""))
        found = [message for message in self._readable(given) if root in (message.thread, message.ts)]
        if not any(message.ts == root for message in self._workspace.messages):
            raise Refused("thread_not_found")
        return self._page(found, given)

    def _readable(self, given: Json) -> list[Message]:
        channel = self._directory.channel(given)
        if APP_BOT not in channel.members:
            raise Refused("not_in_channel")
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or "inf")
        return [
            message
            for message in self._workspace.messages
            if message.channel == channel.id
            and not message.only_for
            and oldest <= float(message.ts) <= latest
        ]

    def _page(self, found: list[Message], given: Json) -> Json:
        limit, start = int(given.get("limit") or 100), int(str(given.get("cursor") or "0"))
        metadata = str(given.get("include_all_metadata", "")).lower() in ("1", "true")
        shown = [self._json(message, metadata=metadata) for message in found[start : start + limit]]
        more = start + limit < len(found)
        page: Json = {"messages": shown, "has_more": more}
        if more:
            page["response_metadata"] = {"next_cursor": str(start + limit)}
        return page

    def _json(self, message: Message, *, metadata: bool = False) -> Json:
        shown: Json = {
            "type": "message",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "blocks": message.blocks,
            "team": self._workspace.team,
        }
        if message.user == APP_BOT:
            shown |= {"bot_id": BOT_ID, "app_id": APP}
        if message.edited:
            shown["edited"] = {"user": BOT_ID, "ts": message.ts}
        if message.files:
            shown["files"] = message.files
        replies = [
            m for m in self._workspace.messages if m.channel == message.channel and m.thread == message.ts
        ]
        if message.thread:
            shown["thread_ts"] = message.thread
        elif replies:
            shown |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
        if metadata and message.metadata:
            shown["metadata"] = message.metadata
        return shown

    # --- response URLs

    def respond(self, key: str, given: Json) -> tuple[int, Json | str]:
        """Take an answer at a response URL; the status and body of what Slack says."""
        found = self._workspace.response_urls.get(key)
        if found is None or found.uses >= RESPONSE_USES or time.monotonic() - found.made > RESPONSE_SECONDS:
            return 404, {"ok": False, "error": "used_url" if found else "expired_url"}
        try:
            if given.get("blocks"):
                blocks.check_message(given["blocks"])
        except blocks.Refused:
            return 400, {"ok": False, "error": "invalid_blocks"}
        found.uses += 1
        self._workspace.calls.append(("response_url", given))
        self._answer(found, given)
        return 200, "ok"

    def _answer(self, url: ResponseUrl, given: Json) -> None:
        text, shown, thread = (
            given.get("text", ""),
            given.get("blocks") or [],
            str(given.get("thread_ts") or ""),
        )
        original = self._workspace.message(url.channel, url.message) if url.message else None
        if original is not None and given.get("delete_original"):
            self._workspace.messages.remove(original)
            self._workspace.changed()
        elif original is not None and given.get("replace_original"):
            original.text, original.blocks = text, shown
            self._workspace.changed()
        elif given.get("response_type") == "in_channel":
            made = Message(
                channel=url.channel,
                ts=self._workspace.ts(),
                user=APP_BOT,
                text=text,
                blocks=shown,
                thread=thread,
            )
            self._workspace.post(made)
        else:
            self._workspace.reply_privately(url.user, url.channel, text, shown, thread=thread)
