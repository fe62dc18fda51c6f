"""A workspace: its people, channels, messages, modals and files, and what people do in it.

It lives on one event loop. The app's side (Web API, Socket Mode, HTTP deliveries) and the people's side
(the page, the tour, tests) both work on this state; neither knows of the other.
"""

from __future__ import annotations

import asyncio
import html
import itertools
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sandbox.slack import elements, media
from sandbox.slack.model import (
    APP,
    APP_BOT,
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    TEAM,
    Channel,
    Delivery,
    File,
    Group,
    Json,
    Message,
    ResponseUrl,
    Trigger,
    User,
    View,
)

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "SIGNING_SECRET",
    "Channel",
    "Delivery",
    "Message",
    "User",
    "View",
    "Workspace",
]

Deliver = Callable[[Delivery], Awaitable[None]]


class Workspace:
    """The state of one workspace."""

    def __init__(self, *, team: str = TEAM, name: str = "Shop GmbH") -> None:
        self.team = team
        self.name = name
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, Group] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}  # open modals
        self.homes: dict[str, View] = {}  # the Home tab of each person to whom one was published
        self.files: dict[str, File] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.deliveries: list[Delivery] = []
        self.calls: list[tuple[str, Json]] = []  # Web API calls: method and arguments
        self.url = ""  # where the Web API is served, for response URLs and files
        self.deliver: Deliver | None = None
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self._changed = asyncio.Event()
        self.version = 0

    # --- making

    def ts(self) -> str:
        """The next message's ts: unique and growing."""
        now = int(time.time() * 1_000_000)
        self._last_ts = max(self._last_ts + 1, now)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def changed(self) -> None:
        """Tell whoever watches that something is different."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def next_change(self, seconds: float) -> bool:
        """Wait for a change; False if there was none in time."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def until(self, condition: Callable[[], Any], seconds: float) -> Any:
        """Wait until a condition gives something true, and return it. Raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("it did not happen")
            await self.next_change(min(left, 0.2))
        return found

    def post(self, message: Message) -> Message:
        """Put a message into a channel."""
        self.messages.append(message)
        self.changed()
        return message

    def message(self, channel: str, ts: str) -> Message | None:
        """A message by where it stands."""
        return next((found for found in self.messages if (found.channel, found.ts) == (channel, ts)), None)

    @property
    def bot(self) -> User:
        """The app's bot user."""
        return self.users[APP_BOT]

    def direct(self, user: str) -> Channel:
        """The direct message between the app and a person; made when it is first asked for."""
        made = Channel(id=f"D0{user[2:]}", name="directmessage", members={user, APP_BOT}, direct=True)
        return self.channels.setdefault(made.id, made)

    def attach(self, user: str, name: str, content: bytes) -> File:
        """A person picks a file in a modal's file input; nobody else sees it yet."""
        made = File(
            id=f"F{uuid.uuid4().hex[:10].upper()}",
            name=name,
            user=user,
            created=int(time.time()),
            title=name,
            content=content,
            shared=True,
        )
        self.files[made.id] = made
        return made

    # --- seeing

    def visible(self, user: str, channel: str) -> list[Message]:
        """What a person sees in a channel, oldest first; threads are folded into their roots."""
        return [
            found
            for found in self.messages
            if found.channel == channel and not found.thread and found.only_for in ("", user)
        ]

    def thread(self, user: str, channel: str, root: str) -> list[Message]:
        """The replies that a person sees in a thread."""
        return [
            found
            for found in self.messages
            if found.channel == channel and found.thread == root and found.only_for in ("", user)
        ]

    # --- doing

    async def say(
        self, user: str, channel: str, text: str, *, thread: str = "", files: Sequence[File] = ()
    ) -> Message:
        """Somebody writes a message; the app hears of it if it is mentioned in a channel that it is in."""
        shown = [self.file_json(file.id) for file in files]
        message = self.post(
            Message(
                channel=channel, ts=self.ts(), user=user, text=self.escaped(text), thread=thread, files=shown
            )
        )
        mentioned = f"<@{self.bot.id}" in message.text and self.bot.id in self.channels[channel].members
        if mentioned and not self.channels[channel].direct:
            event: Json = {
                "type": "app_mention",
                "user": user,
                "text": message.text,
                "ts": message.ts,
                "channel": channel,
                "team": self.users[user].team,
                "event_ts": message.ts,
            }
            if self.users[user].bot:
                event["bot_id"] = f"B{user[1:]}"
            if thread:
                event["thread_ts"] = thread
            if shown:
                event |= {"files": shown, "upload": False}
            await self.event(event)
        return message

    async def event(self, event: Json) -> Delivery:
        """Send an event of the Events API."""
        body = {
            "token": "t",
            "team_id": self.team,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(time.time()),
        }
        return await self.send(Delivery(kind="events_api", payload=body))

    async def open_app(self, user: str, *, tab: str = "home") -> Delivery:
        """A person opens the app's Home or Messages tab."""
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.direct(user).id,
            "event_ts": self.ts(),
            "tab": tab,
        }
        if tab == "home" and user in self.homes:
            event["view"] = self.view_json(self.homes[user])
        return await self.event(event)

    async def command(self, user: str, channel: str, text: str) -> Delivery:
        """A person types a slash command: `/xk8s verify calico`."""
        command, _, words = text.strip().partition(" ")
        found = self.channels[channel]
        name = "directmessage" if found.direct else "privategroup" if found.private else found.name
        payload = {
            "token": "t",
            "team_id": self.users[user].team,
            "team_domain": "shop",
            "channel_id": channel,
            "channel_name": name,
            "user_id": user,
            "user_name": self.users[user].name,
            "command": command,
            "text": self.escaped(words),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.response_url(channel, user, ""),
            "trigger_id": self.trigger(user),
        }
        delivery = await self.send(Delivery(kind="slash_commands", payload=payload))
        if not delivery.acknowledged:
            self.reply_privately(user, channel, f"{command} failed with the error “operation_timeout”")
        elif delivery.answer:
            text = (
                delivery.answer.get("text", "") if isinstance(delivery.answer, dict) else str(delivery.answer)
            )
            if text:
                self.reply_privately(user, channel, text)
        return delivery

    async def click(
        self, user: str, channel: str, ts: str, action_id: str, *, block_id: str = "", value: Any = None
    ) -> Delivery:
        """A person presses a button of a message, or chooses `value` in a menu of it. Raises `KeyError`
        if it is not there.
        """
        message = self.message(channel, ts)
        if message is None:
            raise KeyError(ts)
        block, element = elements.find(message.blocks, action_id, block_id)
        shown: Json = {
            "type": "message",
            "ts": ts,
            "user": message.user,
            "text": message.text,
            "blocks": message.blocks,
            "app_id": APP,
        }
        container: Json = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel,
            "is_ephemeral": bool(message.only_for),
        }
        if message.thread:
            shown["thread_ts"] = container["thread_ts"] = message.thread
        payload = {
            **self._interaction("block_actions", user),
            "container": container,
            "trigger_id": self.trigger(user),
            "channel": {"id": channel, "name": self.channels[channel].name},
            "message": shown,
            "response_url": self.response_url(channel, user, ts),
            "state": {"values": elements.state(message.blocks, {action_id: value}, self.file_json)},
            "actions": [elements.action(element, block, value)],
        }
        return await self.send(Delivery(kind="interactive", payload=payload))

    async def click_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        block_id: str = "",
        value: Any = None,
        values: dict[str, Any] | None = None,
    ) -> Delivery:
        """A person presses a button of a modal or of the Home tab; `values` are what the other fields
        hold.
        """
        view = self._view(view_id)
        block, element = elements.find(view.body["blocks"], action_id, block_id)
        payload = {
            **self._interaction("block_actions", user),
            "container": {"type": "view", "view_id": view_id},
            "trigger_id": self.trigger(user, view=view_id),
            "view": self.view_json(view, {**(values or {}), action_id: value}),
            "actions": [elements.action(element, block, value)],
        }
        return await self.send(Delivery(kind="interactive", payload=payload))

    async def submit(self, user: str, view_id: str, values: dict[str, Any]) -> Delivery:
        """A person submits a modal: `values` by action id (text, a chosen value, or a list of values or
        file ids).
        """
        view = self.views[view_id]
        payload = {
            **self._interaction("view_submission", user),
            "view": self.view_json(view, values),
            "trigger_id": self.trigger(user, view=view_id),
            "response_urls": [],
        }
        delivery = await self.send(Delivery(kind="interactive", payload=payload))
        self._after_submit(view, delivery)
        return delivery

    async def close_view(self, view_id: str) -> None:
        """A person closes a modal, and sees what it was pushed on again; the app hears of it if it wants
        to.
        """
        view = self.views.pop(view_id, None)
        self.changed()
        if view is not None and view.body.get("notify_on_close"):
            payload = {
                **self._interaction("view_closed", view.user),
                "view": self.view_json(view),
                "is_cleared": False,
            }
            await self.send(Delivery(kind="interactive", payload=payload))

    def reply_privately(
        self, user: str, channel: str, text: str, blocks: list[Json] | None = None, *, thread: str = ""
    ) -> Message:
        """Show a message to one person only."""
        return self.post(
            Message(
                channel=channel,
                ts=self.ts(),
                user=self.bot.id,
                text=text,
                blocks=blocks or [],
                thread=thread,
                only_for=user,
            )
        )

    def escaped(self, text: str) -> str:
        """Text as the app gets it (`should_escape`): names become ids, `& < >` are escaped, links wrapped."""
        text = html.escape(text, quote=False)
        for user in self.users.values():
            text = re.sub(rf"(?<!\S)@{re.escape(user.name)}\b", f"<@{user.id}|{user.name}>", text)
        for channel in self.channels.values():
            text = re.sub(
                rf"(?<!\S)#{re.escape(channel.name)}(?![\w-])", f"<#{channel.id}|{channel.name}>", text
            )
        return re.sub(r"(?<![<|\S])(https?://\S+)", r"<\1>", text)

    async def send(self, delivery: Delivery) -> Delivery:
        """Deliver something to the app and wait for its acknowledgement, three seconds at most."""
        self.deliveries.append(delivery)
        if self.deliver is not None:
            started = time.perf_counter()
            await self.deliver(delivery)
            delivery.seconds = time.perf_counter() - started
        return delivery

    def trigger(self, user: str, *, view: str = "") -> str:
        """A new trigger id."""
        made = f"{next(self._numbers)}.{int(time.time())}.{uuid.uuid4().hex}"
        self.triggers[made] = Trigger(user=user, made=time.monotonic(), view=view)
        return made

    def response_url(self, channel: str, user: str, message: str) -> str:
        """A new response URL."""
        made = uuid.uuid4().hex
        self.response_urls[made] = ResponseUrl(
            channel=channel, user=user, message=message, made=time.monotonic()
        )
        return f"{self.url}/respond/{made}"

    def view_json(self, view: View, values: dict[str, Any] | None = None) -> Json:
        """A view as the app is told of it."""
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
        """A file as the app is told of it."""
        return media.described(self.files[file], team=self.team, url=self.url)

    def _view(self, view_id: str) -> View:
        home = next((view for view in self.homes.values() if view.id == view_id), None)
        return home or self.views[view_id]

    def _interaction(self, kind: str, user: str) -> Json:
        name = self.users[user].name
        return {
            "type": kind,
            "team": {"id": self.team, "domain": "shop"},
            "api_app_id": APP,
            "token": "t",
            "is_enterprise_install": False,
            "user": {"id": user, "username": name, "name": name, "team_id": self.users[user].team},
        }

    def _after_submit(self, view: View, delivery: Delivery) -> None:
        answer = delivery.answer if isinstance(delivery.answer, dict) else {}
        action = answer.get("response_action")
        if not delivery.acknowledged:
            view.errors = {"": "We had some trouble connecting. Try again?"}
        elif action == "errors":
            view.errors = answer.get("errors", {})
        elif action == "update":
            view.body, view.errors = answer["view"], {}
        elif action == "clear":
            root = view.root or view.id
            self.views = {name: each for name, each in self.views.items() if root not in (each.root, each.id)}
        elif action == "push":
            self.push(view, answer["view"])
        else:
            self.views.pop(view.id, None)
        self.changed()

    def push(self, on: View, body: Json) -> View:
        """Open a modal on top of another."""
        made = View(
            id=f"V{uuid.uuid4().hex[:10].upper()}",
            user=on.user,
            body=body,
            external_id=body.get("external_id", ""),
            previous=on.id,
            root=on.root or on.id,
            hash=new_hash(),
        )
        self.views[made.id] = made
        self.changed()
        return made


def new_hash() -> str:
    """A view's state, as `hash` names it."""
    return f"{time.time():.0f}.{uuid.uuid4().hex[:8]}"
