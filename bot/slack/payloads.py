"""Reads Slack's payloads: the one place that digs in them. A payload goes in, a request comes out.

Shapes: slash command form, `app_mention` event, `block_actions` and `view_submission` interactions, as
Slack's reference describes them. What a request is keyed by decides what counts as said twice.
"""

from __future__ import annotations

import dataclasses
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from bot.actions.request import Attached, Entry, IncomingRequest, OfferId, OperationId, Person, Place

Payload = dict[str, Any]


def new_operation() -> OperationId:
    """A fresh opaque id: 32 hex digits, not guessable."""
    return OperationId(uuid.uuid4().hex)


def from_command(body: Payload, *, now: datetime) -> IncomingRequest:
    """A slash command; its trigger id is unique per invocation."""
    channel = body["channel_id"]
    return IncomingRequest(
        key=f"command:{body['trigger_id']}",
        operation=new_operation(),
        entry=Entry.COMMAND,
        person=Person(id=body["user_id"], name=body.get("user_name", ""), team=body.get("team_id", "")),
        place=Place(
            channel=channel, direct=channel.startswith("D"), response_url=body.get("response_url", "")
        ),
        text=body.get("text", ""),
        received=now,
    )


def from_mention(body: Payload, *, bot_user: str, now: datetime) -> IncomingRequest:
    """An `app_mention` event: the words after the mention, answered in the message's thread."""
    event = body["event"]
    team = body.get("team_id") or event.get("team", "")
    channel, ts = event["channel"], event["ts"]
    return IncomingRequest(
        key=f"mention:{team}:{channel}:{ts}",
        operation=new_operation(),
        entry=Entry.MENTION,
        person=Person(id=event.get("user", ""), team=event.get("user_team") or team),
        place=Place(
            channel=channel, thread=event.get("thread_ts") or ts, message=ts, direct=channel.startswith("D")
        ),
        text=_after_mention(event.get("text", ""), bot_user),
        files=_files(event.get("files")),
        received=now,
        bot=bool(event.get("bot_id")) or event.get("subtype") == "bot_message",
    )


def _after_mention(text: str, bot_user: str) -> str:
    mentioned = re.escape(bot_user) if bot_user else r"\w+"  # not known yet: the first mention is us
    parts = re.split(rf"<@{mentioned}(?:\|[^>]*)?>", text, maxsplit=1)
    return parts[-1].strip()


def from_click(body: Payload, *, now: datetime) -> IncomingRequest:
    """A pressed button, in a message or in the App Home; a double click of one person is one press.

    Whether a button that changes something has been pressed by somebody else is decided where it leads to.
    """
    action = body["actions"][0]
    offer = OfferId(str(action.get("value", "")))
    user, container = body["user"], body.get("container", {})
    message = body.get("message", {})
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id", "")
    ts = container.get("message_ts") or message.get("ts", "")
    pressed = action.get("action_ts") or ts
    return IncomingRequest(
        key=f"click:{offer}:{user['id']}:{str(pressed).split('.')[0]}",
        operation=new_operation(),
        entry=Entry.CLICK if channel else Entry.HOME,
        person=_person(body),
        place=Place(
            channel=channel,
            thread=message.get("thread_ts") or container.get("thread_ts") or ts,
            message=ts,
            direct=not channel or channel.startswith("D"),
            response_url=body.get("response_url", ""),
        ),
        offer=offer,
        received=now,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PressedMessage:
    """The message that a pressed button is on, who pressed it, and where the message can be replaced."""

    text: str
    blocks: tuple[Payload, ...]
    person: str
    response_url: str


def pressed_message(body: Payload) -> PressedMessage:
    """The message of a pressed button, as it was shown."""
    message = body.get("message", {})
    return PressedMessage(
        text=message.get("text", ""),
        blocks=tuple(message.get("blocks") or ()),
        person=body["user"]["id"],
        response_url=body.get("response_url", ""),
    )


def from_form(body: Payload, *, now: datetime) -> IncomingRequest:
    """A submitted modal: its private metadata is the offer it was opened for."""
    view = body["view"]
    return IncomingRequest(
        key=f"form:{view['id']}",
        operation=new_operation(),
        entry=Entry.FORM,
        person=_person(body),
        place=Place(),  # the offer knows where the form was asked for
        offer=OfferId(view.get("private_metadata", "")),
        fields=form_values(view),
        files=_form_files(view),
        received=now,
    )


def form_values(view: Payload) -> dict[str, Any]:
    """Flatten a view's state to `{action_id: text, chosen value, list of chosen values or None}`."""
    values: dict[str, Any] = {}
    for block in (view.get("state") or {}).get("values", {}).values():
        for name, state in block.items():
            values[name] = _form_value(state)
    return values


def _form_files(view: Payload) -> tuple[Attached, ...]:
    """The files that were picked in a view's file inputs."""
    inputs = (
        state for block in (view.get("state") or {}).get("values", {}).values() for state in block.values()
    )
    return tuple(file for state in inputs for file in _files(state.get("files")))


def _files(listed: Any) -> tuple[Attached, ...]:
    """Files as Slack describes them; of one in a shared channel it says only the id."""
    return tuple(
        Attached(
            id=str(file.get("id", "")),
            name=str(file.get("name") or ""),
            size=file.get("size"),
            url=str(file.get("url_private_download") or file.get("url_private") or ""),
        )
        for file in listed or []
        if isinstance(file, dict)
    )


def _form_value(state: Payload) -> Any:
    if "selected_options" in state:
        return [option["value"] for option in state["selected_options"] or []]
    if "selected_option" in state:
        option = state["selected_option"]
        return option["value"] if option else None
    return state.get("value")


def _person(body: Payload) -> Person:
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id", "")
    return Person(id=user["id"], name=user.get("username") or user.get("name", ""), team=team)


def utc_now() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)
