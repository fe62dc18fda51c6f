"""A workspace: its people, channels, messages, modals and files, and what people do in it.

It lives on one event loop. The app's side (Web API, Socket Mode, HTTP deliveries) and the people's side
(the page, the tour, tests) both work on this state; neither knows of the other.
"""

from __future__ import annotations

import asyncio
import dataclasses
import html
import itertools
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

Json = dict[str, Any]

TRIGGER_SECONDS = 3.0
RESPONSE_USES, RESPONSE_SECONDS = 5, 1_800.0
ACK_SECONDS = 3.0
BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-sandbox-bot", "xapp-sandbox-app", "sandbox-signing-secret"
SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,chat:write.public,commands,files:write,groups:history,"
    "groups:read,im:write,usergroups:read,users:read"
)


@dataclasses.dataclass(kw_only=True)
class User:
    """A person or the bot."""

    id: str
    name: str
    real_name: str
    bot: bool = False
    restricted: bool = False
    title: str = ""


@dataclasses.dataclass(kw_only=True)
class Channel:
    """A channel or a direct message."""

    id: str
    name: str
    members: set[str]
    private: bool = False
    direct: bool = False
    archived: bool = False


@dataclasses.dataclass(kw_only=True)
class Message:
    """A message; `only_for` makes it ephemeral."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = dataclasses.field(default_factory=list)
    thread: str = ""
    only_for: str = ""
    edited: bool = False
    metadata: Json | None = None
    files: list[Json] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(kw_only=True)
class View:
    """A modal that somebody has open."""

    id: str
    user: str
    body: Json
    external_id: str = ""
    errors: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(kw_only=True)
class Trigger:
    """What lets the app open a modal: once, within three seconds."""

    user: str
    made: float
    used: bool = False


@dataclasses.dataclass(kw_only=True)
class ResponseUrl:
    """Where the app may answer without being a member: five times within half an hour."""

    channel: str
    user: str
    message: str
    made: float
    uses: int = 0


@dataclasses.dataclass(kw_only=True)
class Delivery:
    """What Slack sends to the app, and what came of it."""

    kind: str  # slash_commands, interactive, events_api
    payload: Json
    acknowledged: bool = False
    answer: Any = None
    seconds: float = 0.0


Deliver = Callable[[Delivery], Awaitable[None]]


class Workspace:
    """The state of one workspace."""

    def __init__(self, *, team: str = "T0SANDBOX", name: str = "Shop GmbH") -> None:
        self.team = team
        self.name = name
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, set[str]] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}
        self.files: dict[str, Json] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.deliveries: list[Delivery] = []
        self.calls: list[tuple[str, Json]] = []  # Web API calls: method and arguments
        self.url = ""  # where the Web API is served, for response URLs
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
        return next(user for user in self.users.values() if user.bot)

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

    async def say(self, user: str, channel: str, text: str, *, thread: str = "") -> Message:
        """A person writes a message; the app hears of it if it is mentioned."""
        message = self.post(Message(channel=channel, ts=self.ts(), user=user, text=self.escaped(text), thread=thread))
        if f"<@{self.bot.id}" in message.text and self.bot.id in self.channels[channel].members:
            event = {"type": "app_mention", "user": user, "text": message.text, "ts": message.ts, "channel": channel, "team": self.team,
                     "event_ts": message.ts}  # fmt: skip
            if thread:
                event["thread_ts"] = thread
            body = {
                "token": "t", "team_id": self.team, "api_app_id": "A0SANDBOX", "event": event, "type": "event_callback",
                "event_id": f"Ev{uuid.uuid4().hex[:10].upper()}", "event_time": int(time.time()),
            }  # fmt: skip
            await self.send(Delivery(kind="events_api", payload=body))
        return message

    async def command(self, user: str, channel: str, text: str) -> Delivery:
        """A person types a slash command: `/xk8s verify calico`."""
        command, _, words = text.strip().partition(" ")
        payload = {
            "token": "t", "team_id": self.team, "team_domain": "shop", "channel_id": channel,
            "channel_name": self.channels[channel].name, "user_id": user, "user_name": self.users[user].name, "command": command,
            "text": self.escaped(words), "api_app_id": "A0SANDBOX", "is_enterprise_install": "false",
            "response_url": self.response_url(channel, user, ""), "trigger_id": self.trigger(user),
        }  # fmt: skip
        delivery = await self.send(Delivery(kind="slash_commands", payload=payload))
        if not delivery.acknowledged:
            self.whisper(user, channel, f"{command} failed with the error “operation_timeout”")
        elif delivery.answer:
            text = delivery.answer.get("text", "") if isinstance(delivery.answer, dict) else str(delivery.answer)
            if text:
                self.whisper(user, channel, text)
        return delivery

    async def click(self, user: str, channel: str, ts: str, action_id: str, *, block_id: str = "") -> Delivery:
        """A person presses a button of a message. Raises `KeyError` if it is not there."""
        message = self.message(channel, ts)
        if message is None:
            raise KeyError(ts)
        action = next(
            {**element, "block_id": block.get("block_id", "")}
            for block in message.blocks
            for element in _elements(block)
            if element.get("action_id") == action_id and block_id in ("", block.get("block_id", ""))
        )
        shown: Json = {
            "type": "message",
            "ts": ts,
            "user": message.user,
            "text": message.text,
            "blocks": message.blocks,
        }
        if message.thread:
            shown["thread_ts"] = message.thread
        payload = {
            "type": "block_actions", "user": self._who(user), "api_app_id": "A0SANDBOX", "team": {"id": self.team, "domain": "shop"},
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": bool(message.only_for)},
            "trigger_id": self.trigger(user), "channel": {"id": channel, "name": self.channels[channel].name}, "message": shown,
            "response_url": self.response_url(channel, user, ts),
            "actions": [{"action_id": action_id, "block_id": action["block_id"], "type": action["type"], "value": action.get("value", ""),
                         "action_ts": f"{time.time():.6f}"}],
        }  # fmt: skip
        return await self.send(Delivery(kind="interactive", payload=payload))

    async def submit(self, user: str, view_id: str, values: dict[str, Any]) -> Delivery:
        """A person submits a modal: `values` by action id (text, a chosen value, or a list of them)."""
        view = self.views[view_id]
        shown: Json = {
            "id": view.id, "team_id": self.team, "external_id": view.external_id, "state": {"values": _state(view.body, values)},
            **{key: view.body[key] for key in ("type", "callback_id", "private_metadata", "title", "blocks") if key in view.body},
        }  # fmt: skip
        payload = {
            "type": "view_submission", "team": {"id": self.team, "domain": "shop"}, "user": self._who(user), "api_app_id": "A0SANDBOX",
            "view": shown, "trigger_id": self.trigger(user), "response_urls": [],
        }  # fmt: skip
        delivery = await self.send(Delivery(kind="interactive", payload=payload))
        self._after_submit(view, delivery)
        return delivery

    def close_view(self, view_id: str) -> None:
        """A person closes a modal."""
        self.views.pop(view_id, None)
        self.changed()

    def whisper(
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
            text = re.sub(rf"(?<!\S)#{re.escape(channel.name)}\b", f"<#{channel.id}|{channel.name}>", text)
        return re.sub(r"(?<![<|\S])(https?://\S+)", r"<\1>", text)

    async def send(self, delivery: Delivery) -> Delivery:
        """Deliver something to the app and wait for its acknowledgement, three seconds at most."""
        self.deliveries.append(delivery)
        if self.deliver is not None:
            started = time.perf_counter()
            await self.deliver(delivery)
            delivery.seconds = time.perf_counter() - started
        return delivery

    def trigger(self, user: str) -> str:
        """A new trigger id."""
        made = f"{next(self._numbers)}.{int(time.time())}.{uuid.uuid4().hex}"
        self.triggers[made] = Trigger(user=user, made=time.monotonic())
        return made

    def response_url(self, channel: str, user: str, message: str) -> str:
        """A new response URL."""
        made = uuid.uuid4().hex
        self.response_urls[made] = ResponseUrl(channel=channel, user=user, message=message, made=time.monotonic())
        return f"{self.url}/respond/{made}"

    def _who(self, user: str) -> Json:
        name = self.users[user].name
        return {"id": user, "username": name, "name": name, "team_id": self.team}

    def _after_submit(self, view: View, delivery: Delivery) -> None:
        answer = delivery.answer if isinstance(delivery.answer, dict) else {}
        action = answer.get("response_action")
        if not delivery.acknowledged:
            view.errors = {"": "We had some trouble connecting. Try again?"}
        elif action == "errors":
            view.errors = answer.get("errors", {})
        elif action == "update":
            view.body, view.errors = answer["view"], {}
        else:
            self.views.pop(view.id, None)
        self.changed()


def shop() -> Workspace:
    """Three people, the bot, and two channels."""
    made = Workspace()
    for user in (
        User(id="U0ANA", name="ana", real_name="Ana Silva", title="Platform engineer"),
        User(id="U0BO", name="bo", real_name="Bo Lindqvist", title="Platform lead"),
        User(id="U0CY", name="cy", real_name="Cy Okafor", title="Developer"),
        User(id="U0XK8S", name="xk8s", real_name="xk8s", bot=True),
    ):
        made.users[user.id] = user
    everyone = {"U0ANA", "U0BO", "U0CY", "U0XK8S"}
    for channel in (
        Channel(id="C0SHOP", name="shop", members=set(everyone)),
        Channel(id="C0SHOPDEV", name="shop-dev", members=set(everyone)),
        Channel(id="C0RANDOM", name="random", members=everyone - {"U0XK8S"}, private=True),
        *(
            Channel(id=f"D0{user[2:]}", name="directmessage", members={user, "U0XK8S"}, direct=True)
            for user in ("U0ANA", "U0BO", "U0CY")
        ),
    ):
        made.channels[channel.id] = channel
    made.groups["S0OPS"] = {"U0ANA", "U0BO"}
    return made


def _elements(block: Json) -> list[Json]:
    found = list(block.get("elements", [])) if block.get("type") == "actions" else []
    return found + ([block["accessory"]] if "accessory" in block else [])


def _state(view: Json, values: dict[str, Any]) -> Json:
    state: Json = {}
    for block in view.get("blocks", []):
        if block.get("type") != "input":
            continue
        element = block["element"]
        name = element["action_id"]
        state[block.get("block_id", name)] = {name: _value(element, values.get(name))}
    return state


def _value(element: Json, given: Any) -> Json:
    kind = element["type"]
    if kind in ("static_select", "radio_buttons"):
        chosen = given if given is not None else element.get("initial_option", {}).get("value")
        option = next((option for option in element["options"] if option["value"] == chosen), None)
        return {"type": kind, "selected_option": option}
    if kind in ("checkboxes", "multi_static_select"):
        wanted = given or []
        return {
            "type": kind,
            "selected_options": [option for option in element["options"] if option["value"] in wanted],
        }
    text = given if given is not None else element.get("initial_value")
    return {"type": kind, "value": text or None}
