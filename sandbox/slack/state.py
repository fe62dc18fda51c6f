"""The state of a workspace, and how it is read: who is in it, what was said, and what the app is told.

It lives on one event loop. The app's side (Web API, Socket Mode, HTTP deliveries) and the people's side (the
page, the tour, tests) both work on this state; neither knows of the other.
"""

from __future__ import annotations

import asyncio
import html
import itertools
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.slack import elements
from sandbox.slack.file_objects import file_object
from sandbox.slack.model import (
    APP,
    APP_BOT,
    TEAM,
    TRIGGER_SECONDS,
    Channel,
    Delivery,
    File,
    Json,
    Message,
    ResponseUrl,
    Trigger,
    User,
    UserGroup,
    View,
)


class WorkspaceState:
    """The records of one workspace."""

    def __init__(self, *, team: str = TEAM, name: str = "Shop GmbH") -> None:
        self.team = team
        self.name = name
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, UserGroup] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}  # open modals
        self.homes: dict[str, View] = {}  # the Home tab of each person to whom one was published
        self.files: dict[str, File] = {}
        self.trigger_seconds = TRIGGER_SECONDS  # how long a trigger id can open a modal
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.deliveries: list[Delivery] = []
        self.calls: list[tuple[str, Json]] = []  # calls of the Web API: method and arguments
        self.url = ""  # where the Web API is served, for response URLs and files
        self.version = 0  # grows with every change
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self._changed = asyncio.Event()

    # --- changes

    def changed(self) -> None:
        """Wake everybody who waits for a change."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def next_change(self, seconds: float) -> bool:
        """Wait for a change; return False if there was none in time."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def until(self, condition: Callable[[], Any], seconds: float) -> Any:
        """Wait until a condition returns something true, and return that. Raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while not (result := condition()):
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("it did not happen")
            await self.next_change(min(remaining, 0.2))
        return result

    def ts(self) -> str:
        """Return the ts of the next message: unique and growing."""
        now = int(time.time() * 1_000_000)
        self._last_ts = max(self._last_ts + 1, now)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, message: Message) -> Message:
        """Put a message into a channel."""
        self.messages.append(message)
        self.changed()
        return message

    def add_file(self, user: str, name: str, content: bytes = b"", *, shared: bool = False) -> File:
        """Add a file of a user."""
        id_ = f"F{uuid.uuid4().hex[:10].upper()}"
        file = File(id=id_, name=name, user=user, created=int(time.time()), content=content, shared=shared)
        self.files[file.id] = file
        return file

    def add_view(self, user: str, body: Json, *, on: View | None = None) -> View:
        """Open a modal, on top of another one if it is pushed."""
        view = View(
            id=new_view_id(),
            user=user,
            body=body,
            external_id=body.get("external_id", ""),
            previous=on.id if on else "",
            root=(on.root or on.id) if on else "",
            hash=new_view_hash(),
        )
        self.views[view.id] = view
        self.changed()
        return view

    def trigger(self, user: str, *, view: str = "") -> str:
        """Return a new trigger id; `view` is the modal of the click."""
        id_ = f"{next(self._numbers)}.{int(time.time())}.{uuid.uuid4().hex}"
        self.triggers[id_] = Trigger(user=user, created=time.monotonic(), view=view)
        return id_

    def response_url(self, channel: str, user: str, message: str) -> str:
        """Return a new response URL; `message` is the ts of the message of a click."""
        key = uuid.uuid4().hex
        self.response_urls[key] = ResponseUrl(
            channel=channel, user=user, message=message, created=time.monotonic()
        )
        return f"{self.url}/respond/{key}"

    # --- reading

    @property
    def bot(self) -> User:
        """The bot user of the app."""
        return self.users[APP_BOT]

    def message(self, channel: str, ts: str) -> Message | None:
        """Return the message of a ts in a channel."""
        matching = (message for message in self.messages if (message.channel, message.ts) == (channel, ts))
        return next(matching, None)

    def direct_message(self, user: str) -> Channel:
        """Return the direct message between the app and a person, which is opened when first asked for."""
        channel = Channel(id=f"D0{user[2:]}", name="directmessage", members={user, APP_BOT}, direct=True)
        return self.channels.setdefault(channel.id, channel)

    def visible(self, user: str, channel: str) -> list[Message]:
        """Return what a person sees in a channel, oldest first; threads are folded into their roots."""
        return self.thread(user, channel, "")

    def thread(self, user: str, channel: str, root: str) -> list[Message]:
        """Return the replies that a person sees in a thread."""
        return [
            message
            for message in self.messages
            if message.channel == channel and message.thread == root and message.only_for in ("", user)
        ]

    def view(self, view_id: str) -> View:
        """Return an open modal or a published Home tab. Raises `KeyError`."""
        homes = {home.id: home for home in self.homes.values()}
        return homes[view_id] if view_id in homes else self.views[view_id]

    # --- what the app is told

    def view_json(self, view: View, values: dict[str, Any] | None = None) -> Json:
        """Return a view as the app is told of it; `values` are those of its fields, by action id."""
        return {
            "id": view.id,
            "team_id": self.team,
            "app_id": APP,
            "hash": view.hash,
            "external_id": view.external_id,
            "previous_view_id": view.previous or None,
            "root_view_id": view.root or view.id,
            "private_metadata": "",
            "callback_id": "",
            "title": None,
            "submit": None,
            "close": None,
            **view.body,
            "state": {"values": elements.state(view.body.get("blocks", []), values or {}, self.file_json)},
        }

    def file_json(self, file: str) -> Json:
        """Return a file as the app is told of it."""
        return file_object(self.files[file], team=self.team, url=self.url)

    def escaped(self, text: str) -> str:
        """Return text as the app gets it (`should_escape`): names become ids, `& < >` are escaped, links
        are wrapped.
        """
        text = html.escape(text, quote=False)
        for user in self.users.values():
            text = re.sub(rf"(?<!\S)@{re.escape(user.name)}\b", f"<@{user.id}|{user.name}>", text)
        for channel in self.channels.values():
            mention = f"<#{channel.id}|{channel.name}>"
            text = re.sub(rf"(?<!\S)#{re.escape(channel.name)}(?![\w-])", mention, text)
        return re.sub(r"(?<![<|\S])(https?://\S+)", r"<\1>", text)


def new_view_id() -> str:
    """Return the id of a new view."""
    return f"V{uuid.uuid4().hex[:10].upper()}"


def new_view_hash() -> str:
    """Return a new `hash`, which names one state of a view."""
    return f"{time.time():.0f}.{uuid.uuid4().hex[:8]}"
