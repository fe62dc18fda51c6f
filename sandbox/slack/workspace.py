"""What people do in a workspace, and what Slack then sends to the app."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sandbox.slack import elements
from sandbox.slack.model import APP, TEAM, Delivery, File, Json, Message, View
from sandbox.slack.state import WorkspaceState

Deliver = Callable[[Delivery], Awaitable[None]]
SUBMIT_FAILED = "We had some trouble connecting. Try again?"


class Workspace(WorkspaceState):
    """One workspace; `deliver` is the transport to the app, None while there is no app."""

    def __init__(self, *, team: str = TEAM, name: str = "Shop GmbH") -> None:
        super().__init__(team=team, name=name)
        self.deliver: Deliver | None = None

    async def send(self, delivery: Delivery) -> Delivery:
        """Deliver something to the app and wait for its acknowledgement, three seconds at most."""
        self.deliveries.append(delivery)
        if self.deliver is not None:
            started = time.perf_counter()
            await self.deliver(delivery)
            delivery.seconds = time.perf_counter() - started
        return delivery

    async def event(self, event: Json) -> Delivery:
        """Send an event of the Events API."""
        payload = {
            "token": "t",
            "team_id": self.team,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(time.time()),
        }
        return await self.send(Delivery(kind="events_api", payload=payload))

    # --- messages and commands

    async def say(
        self, user: str, channel: str, text: str, *, thread: str = "", files: Sequence[File] = ()
    ) -> Message:
        """Write a message; the app hears of it if it is mentioned in a channel that it is in."""
        message = self.post(
            Message(
                channel=channel,
                ts=self.ts(),
                user=user,
                text=self.escaped(text),
                thread=thread,
                files=[self.file_json(file.id) for file in files],
            )
        )
        home = self.channels[channel]
        mentioned = f"<@{self.bot.id}" in message.text and self.bot.id in home.members
        if mentioned and not home.direct:
            await self.event(self._mention(message))
        return message

    def _mention(self, message: Message) -> Json:
        user = self.users[message.user]
        event: Json = {
            "type": "app_mention",
            "user": user.id,
            "text": message.text,
            "ts": message.ts,
            "channel": message.channel,
            "team": user.team,
            "event_ts": message.ts,
        }
        if user.bot:
            event["bot_id"] = f"B{user.id[1:]}"
        if message.thread:
            event["thread_ts"] = message.thread
        if message.files:
            event |= {"files": message.files, "upload": False}
        return event

    async def command(self, user: str, channel: str, text: str) -> Delivery:
        """Type a slash command: `/xk8s verify calico`."""
        command, _, words = text.strip().partition(" ")
        home = self.channels[channel]
        name = "directmessage" if home.direct else "privategroup" if home.private else home.name
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
            answer = delivery.answer
            reply = answer.get("text", "") if isinstance(answer, dict) else str(answer)
            if reply:
                self.reply_privately(user, channel, reply)
        return delivery

    def reply_privately(
        self, user: str, channel: str, text: str, blocks: list[Json] | None = None, *, thread: str = ""
    ) -> Message:
        """Show an ephemeral message of the app to one person."""
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

    # --- buttons and menus

    async def click(
        self, user: str, channel: str, ts: str, action_id: str, *, block_id: str = "", value: Any = None
    ) -> Delivery:
        """Press a button of a message, or choose `value` in a menu of it. Raises `KeyError`."""
        message = self.message(channel, ts)
        if message is None:
            raise KeyError(ts)
        block, element = elements.find(message.blocks, action_id, block_id)
        container = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel,
            "is_ephemeral": bool(message.only_for),
        }
        clicked = {
            "type": "message",
            "ts": ts,
            "user": message.user,
            "text": message.text,
            "blocks": message.blocks,
            "app_id": APP,
        }
        thread = {"thread_ts": message.thread} if message.thread else {}
        payload = {
            **self._interaction("block_actions", user),
            "container": container | thread,
            "trigger_id": self.trigger(user),
            "channel": {"id": channel, "name": self.channels[channel].name},
            "message": clicked | thread,
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
        """Press a button of a modal or of the Home tab; `values` are what the other fields hold."""
        view = self.view(view_id)
        block, element = elements.find(view.body["blocks"], action_id, block_id)
        payload = {
            **self._interaction("block_actions", user),
            "container": {"type": "view", "view_id": view_id},
            "trigger_id": self.trigger(user, view=view_id),
            "view": self.view_json(view, {**(values or {}), action_id: value}),
            "actions": [elements.action(element, block, value)],
        }
        return await self.send(Delivery(kind="interactive", payload=payload))

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

    # --- modals and the Home tab

    async def open_app(self, user: str, *, tab: str = "home") -> Delivery:
        """Open the app's Home or Messages tab."""
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.direct_message(user).id,
            "event_ts": self.ts(),
            "tab": tab,
        }
        if tab == "home" and user in self.homes:
            event["view"] = self.view_json(self.homes[user])
        return await self.event(event)

    def attach(self, user: str, name: str, content: bytes) -> File:
        """Pick a file in the file input of a modal; nobody else sees it yet."""
        file = self.add_file(user, name, content, shared=True)
        file.title = name
        return file

    async def submit(self, user: str, view_id: str, values: dict[str, Any]) -> Delivery:
        """Submit a modal; `values` by action id: a text, a chosen value, or a list of values or file ids."""
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

    def _after_submit(self, view: View, delivery: Delivery) -> None:
        answer = delivery.answer if isinstance(delivery.answer, dict) else {}
        action = answer.get("response_action") if delivery.acknowledged else "failed"
        match action:
            case "failed":
                view.errors = {"": SUBMIT_FAILED}
            case "errors":
                view.errors = answer.get("errors", {})
            case "update":
                view.body, view.errors = answer["view"], {}
            case "clear":
                root = view.root or view.id
                self.views = {
                    id_: opened for id_, opened in self.views.items() if root not in (opened.root, opened.id)
                }
            case "push":
                self.add_view(view.user, answer["view"], on=view)
            case _:
                self.views.pop(view.id, None)
        self.changed()

    async def close_view(self, view_id: str) -> None:
        """Close a modal, which shows what it was pushed on; the app hears of it if it wants to."""
        view = self.views.pop(view_id, None)
        self.changed()
        if view is not None and view.body.get("notify_on_close"):
            payload = {
                **self._interaction("view_closed", view.user),
                "view": self.view_json(view),
                "is_cleared": False,
            }
            await self.send(Delivery(kind="interactive", payload=payload))
