"""Reads Slack's payloads: a payload goes in, a request comes out. Nothing else looks into payloads.

The shapes are those of Slack's reference: the form of a slash command, the `app_mention` event, and the
interactions `block_actions` and `view_submission`. The `key` of a request decides which deliveries are the
same request.
"""

import dataclasses
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.actions.request import AttachedFile, EntryPoint, IncomingRequest, OfferId, OperationId, Person, Place

Payload = dict[str, Any]


def new_operation() -> OperationId:
    """Return a new opaque id: 32 hexadecimal digits, not guessable."""
    return OperationId(uuid.uuid4().hex)


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def from_command(body: Payload, *, now: datetime) -> IncomingRequest:
    """Read a slash command. Its trigger id is unique for each time that it is typed."""
    channel = body["channel_id"]
    response_url = body.get("response_url", "")
    return IncomingRequest(
        key=f"command:{body['trigger_id']}",
        operation=new_operation(),
        entry=EntryPoint.COMMAND,
        person=Person(id=body["user_id"], name=body.get("user_name", ""), team=body.get("team_id", "")),
        place=Place(channel=channel, direct=_is_direct(channel), response_url=response_url),
        text=body.get("text", ""),
        received=now,
    )


def from_mention(body: Payload, *, bot_user: str, now: datetime) -> IncomingRequest:
    """Read an `app_mention` event: the words after the mention, to be answered in the message's thread."""
    event = body["event"]
    team = body.get("team_id") or event.get("team", "")
    channel, ts = event["channel"], event["ts"]
    thread = event.get("thread_ts") or ts
    return IncomingRequest(
        key=f"mention:{team}:{channel}:{ts}",
        operation=new_operation(),
        entry=EntryPoint.MENTION,
        person=Person(id=event.get("user", ""), team=event.get("user_team") or team),
        place=Place(channel=channel, thread=thread, message=ts, direct=_is_direct(channel)),
        text=_after_mention(event.get("text", ""), bot_user),
        files=_attached_files(event.get("files")),
        received=now,
        bot=bool(event.get("bot_id")) or event.get("subtype") == "bot_message",
    )


def _after_mention(text: str, bot_user: str) -> str:
    user = re.escape(bot_user) if bot_user else r"\w+"  # not known yet: the first mention is the bot
    return re.split(rf"<@{user}(?:\|[^>]*)?>", text, maxsplit=1)[-1].strip()


def from_click(body: Payload, *, now: datetime) -> IncomingRequest:
    """Read the click of a button, in a message or in the App Home; a double click of one person is one
    request.

    Whether somebody else has clicked a button that changes something is decided where the request is served.
    """
    action = body["actions"][0]
    offer = OfferId(str(action.get("value", "")))
    container, message = body.get("container", {}), body.get("message", {})
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id", "")
    ts = container.get("message_ts") or message.get("ts", "")
    clicked_at = str(action.get("action_ts") or ts)
    return IncomingRequest(
        key=f"click:{offer}:{body['user']['id']}:{clicked_at.split('.')[0]}",
        operation=new_operation(),
        entry=EntryPoint.CLICK if channel else EntryPoint.HOME,
        person=_person(body),
        place=Place(
            channel=channel,
            thread=message.get("thread_ts") or container.get("thread_ts") or ts,
            message=ts,
            direct=not channel or _is_direct(channel),
            response_url=body.get("response_url", ""),
        ),
        offer=offer,
        received=now,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClickedMessage:
    """The message of a clicked button, who clicked, and the URL at which the message can be replaced."""

    text: str
    blocks: tuple[Payload, ...]
    person: str
    response_url: str


def clicked_message(body: Payload) -> ClickedMessage:
    """Read the message of a clicked button, as it was shown."""
    message = body.get("message", {})
    return ClickedMessage(
        text=message.get("text", ""),
        blocks=tuple(message.get("blocks") or ()),
        person=body["user"]["id"],
        response_url=body.get("response_url", ""),
    )


def from_form(body: Payload, *, now: datetime) -> IncomingRequest:
    """Read a submitted modal; its private metadata is the offer that it was opened for."""
    view = body["view"]
    return IncomingRequest(
        key=f"form:{view['id']}",
        operation=new_operation(),
        entry=EntryPoint.FORM,
        person=_person(body),
        place=Place(),  # the offer knows where the form was asked for
        offer=OfferId(view.get("private_metadata", "")),
        fields=form_values(view),
        files=tuple(file for _, state in _inputs(view) for file in _attached_files(state.get("files"))),
        received=now,
    )


def form_values(view: Payload) -> dict[str, Any]:
    """Return the values of a modal by `action_id`: a text, a chosen value, a list of them, or None."""
    return {action_id: _input_value(state) for action_id, state in _inputs(view)}


def _inputs(view: Payload) -> Iterator[tuple[str, Payload]]:
    for block in (view.get("state") or {}).get("values", {}).values():
        yield from block.items()


def _input_value(state: Payload) -> Any:
    if "selected_options" in state:
        return [option["value"] for option in state["selected_options"] or []]
    if "selected_option" in state:
        option = state["selected_option"]
        return option["value"] if option else None
    return state.get("value")


def _attached_files(files: list[Payload] | None) -> tuple[AttachedFile, ...]:
    return tuple(attached_file(file) for file in files or [] if isinstance(file, dict))


def attached_file(file: Payload) -> AttachedFile:
    """Read Slack's description of a file; of a file in a shared channel it has only the id."""
    return AttachedFile(
        id=str(file.get("id", "")),
        name=str(file.get("name") or ""),
        size=file.get("size"),
        url=str(file.get("url_private_download") or file.get("url_private") or ""),
    )


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")


def _person(body: Payload) -> Person:
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id", "")
    return Person(id=user["id"], name=user.get("username") or user.get("name", ""), team=team)
