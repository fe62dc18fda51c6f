"""Messages: posting, updating, reading, and answers at response URLs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from sandbox.slack.block_kit import check_message
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.directory import Directory, is_true
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
from sandbox.slack.workspace import Workspace

LONGEST_POST, LONGEST_UPDATE = 40_000, 4_000  # characters of `text`


class Chat:
    """The methods `chat.*`, and those that read channels which the app is in."""

    def __init__(self, workspace: Workspace, directory: Directory) -> None:
        self._workspace = workspace
        self._directory = directory

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """Return the methods by their names."""
        return {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._ephemeral,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }

    def _content(self, arguments: Json, *, longest: int) -> tuple[str, list[Json]]:
        text, blocks = str(arguments.get("text") or ""), arguments.get("blocks") or []
        if not text and not blocks:
            raise SlackError("no_text")
        if len(text) > longest:
            raise SlackError("msg_too_long")
        if blocks:
            check_message(blocks)
        return text, blocks

    def _thread(self, channel: Channel, arguments: Json) -> str:
        thread = str(arguments.get("thread_ts") or "")
        if thread and not re.fullmatch(r"\d+\.\d{6}", thread):
            raise SlackError("invalid_thread_ts")
        root = self._workspace.message(channel.id, thread) if thread else None
        if root is None:
            return ""  # the parent is deleted: Slack silently posts at the top level
        return root.thread or root.ts

    def _post(self, arguments: Json) -> Json:
        channel = self._directory.channel(arguments, to_post=True)
        text, blocks = self._content(arguments, longest=LONGEST_POST)
        message = self._workspace.post(
            Message(
                channel=channel.id,
                ts=self._workspace.ts(),
                user=APP_BOT,
                text=text,
                blocks=blocks,
                thread=self._thread(channel, arguments),
                metadata=arguments.get("metadata"),
            )
        )
        return {"channel": channel.id, "ts": message.ts, "message": self._json(message)}

    def _own(self, arguments: Json) -> Message:
        channel = self._directory.channel(arguments)
        message = self._workspace.message(channel.id, str(arguments.get("ts", "")))
        if message is None or message.only_for:
            raise SlackError("message_not_found")
        if message.user != APP_BOT:
            raise SlackError("cant_update_message")
        return message

    def _update(self, arguments: Json) -> Json:
        message = self._own(arguments)
        message.text, message.blocks = self._content(arguments, longest=LONGEST_UPDATE)
        message.edited = True
        if arguments.get("metadata"):
            message.metadata = arguments["metadata"]
        self._workspace.changed()
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": message.text,
            "message": self._json(message),
        }

    def _delete(self, arguments: Json) -> Json:
        try:
            message = self._own(arguments)
        except SlackError as error:
            raise SlackError(error.error.replace("cant_update", "cant_delete")) from None
        self._workspace.messages.remove(message)
        self._workspace.changed()
        return {"channel": message.channel, "ts": message.ts}

    def _ephemeral(self, arguments: Json) -> Json:
        channel = self._directory.channel(arguments, to_post=True)
        user = str(arguments.get("user", ""))
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        if APP_BOT not in channel.members:
            raise SlackError("not_in_channel")
        text, blocks = self._content(arguments, longest=LONGEST_POST)
        thread = self._thread(channel, arguments)
        message = self._workspace.reply_privately(user, channel.id, text, blocks, thread=thread)
        return {"message_ts": message.ts}

    def _permalink(self, arguments: Json) -> Json:
        channel = self._directory.channel(arguments)
        message = self._workspace.message(channel.id, str(arguments.get("message_ts", "")))
        if message is None:
            raise SlackError("message_not_found")
        link = f"{self._workspace.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
        if message.thread:
            link += f"?thread_ts={message.thread}&cid={channel.id}"
        return {"channel": channel.id, "permalink": link}

    # --- reading

    def _history(self, arguments: Json) -> Json:
        messages = [message for message in self._readable(arguments) if not message.thread]
        return self._page(messages[::-1], arguments)

    def _replies(self, arguments: Json) -> Json:
        root = str(arguments.get("ts", ""))
        messages = [message for message in self._readable(arguments) if root in (message.thread, message.ts)]
        if not any(message.ts == root for message in self._workspace.messages):
            raise SlackError("thread_not_found")
        return self._page(messages, arguments)

    def _readable(self, arguments: Json) -> list[Message]:
        channel = self._directory.channel(arguments)
        if APP_BOT not in channel.members:
            raise SlackError("not_in_channel")
        oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
        return [
            message
            for message in self._workspace.messages
            if message.channel == channel.id
            and not message.only_for
            and oldest <= float(message.ts) <= latest
        ]

    def _page(self, messages: list[Message], arguments: Json) -> Json:
        limit, start = int(arguments.get("limit") or 100), int(str(arguments.get("cursor") or "0"))
        metadata = is_true(arguments, "include_all_metadata")
        listed = [self._json(message, metadata=metadata) for message in messages[start : start + limit]]
        page: Json = {"messages": listed, "has_more": start + limit < len(messages)}
        if page["has_more"]:
            page["response_metadata"] = {"next_cursor": str(start + limit)}
        return page

    def _json(self, message: Message, *, metadata: bool = False) -> Json:
        view: Json = {
            "type": "message",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "blocks": message.blocks,
            "team": self._workspace.team,
        }
        if message.user == APP_BOT:
            view |= {"bot_id": BOT_ID, "app_id": APP}
        if message.edited:
            view["edited"] = {"user": BOT_ID, "ts": message.ts}
        if message.files:
            view["files"] = message.files
        replies = [
            candidate
            for candidate in self._workspace.messages
            if (candidate.channel, candidate.thread) == (message.channel, message.ts)
        ]
        if message.thread:
            view["thread_ts"] = message.thread
        elif replies:
            view |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
        if metadata and message.metadata:
            view["metadata"] = message.metadata
        return view

    # --- response URLs

    def respond(self, key: str, arguments: Json) -> tuple[int, Json | str]:
        """Take an answer at a response URL; return the status and body of Slack's reply."""
        url = self._workspace.response_urls.get(key)
        if url is None or url.uses >= RESPONSE_USES or time.monotonic() - url.created > RESPONSE_SECONDS:
            return 404, {"ok": False, "error": "used_url" if url else "expired_url"}
        try:
            if arguments.get("blocks"):
                check_message(arguments["blocks"])
        except SlackError:
            return 400, {"ok": False, "error": "invalid_blocks"}
        url.uses += 1
        self._workspace.calls.append(("response_url", arguments))
        self._answer(url, arguments)
        return 200, "ok"

    def _answer(self, url: ResponseUrl, arguments: Json) -> None:
        text, blocks = arguments.get("text", ""), arguments.get("blocks") or []
        thread = str(arguments.get("thread_ts") or "")
        original = self._workspace.message(url.channel, url.message) if url.message else None
        if original is not None and arguments.get("delete_original"):
            self._workspace.messages.remove(original)
            self._workspace.changed()
        elif original is not None and arguments.get("replace_original"):
            original.text, original.blocks = text, blocks
            self._workspace.changed()
        elif arguments.get("response_type") == "in_channel":
            ts = self._workspace.ts()
            self._workspace.post(
                Message(channel=url.channel, ts=ts, user=APP_BOT, text=text, blocks=blocks, thread=thread)
            )
        else:
            self._workspace.reply_privately(url.user, url.channel, text, blocks, thread=thread)
