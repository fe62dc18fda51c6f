"""The records of a workspace: people, channels, messages, views, files, and deliveries to the app."""

from __future__ import annotations

import dataclasses
from typing import Any

Json = dict[str, Any]

TRIGGER_SECONDS = 3.0
RESPONSE_USES, RESPONSE_SECONDS = 5, 1_800.0
ACK_SECONDS = 3.0
TEAM, PARTNER = "T0SANDBOX", "T0PARTNER"
APP, APP_BOT, BOT_ID = "A0SANDBOX", "U0XK8S", "B0XK8S"
BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-sandbox-bot", "xapp-sandbox-app", "sandbox-signing-secret"
SCOPES = (
    "app_mentions:read,channels:history,channels:join,channels:read,chat:write,chat:write.public,commands,"
    "files:read,files:write,groups:history,groups:read,im:history,im:read,im:write,usergroups:read,users:read"
)


@dataclasses.dataclass(kw_only=True)
class User:
    """A person or a bot; the `team` of an external member is another workspace."""

    id: str
    name: str
    real_name: str
    bot: bool = False
    restricted: bool = False  # a guest
    deleted: bool = False
    title: str = ""
    team: str = TEAM


@dataclasses.dataclass(kw_only=True)
class Channel:
    """A channel or a direct message."""

    id: str
    name: str
    members: set[str]
    private: bool = False
    direct: bool = False
    archived: bool = False
    shared: bool = False  # with another workspace
    topic: str = ""


@dataclasses.dataclass(kw_only=True)
class UserGroup:
    """A user group: `@oncall`."""

    id: str
    handle: str
    members: set[str]


@dataclasses.dataclass(kw_only=True)
class Message:
    """A message; it is ephemeral if it is `only_for` one user."""

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
    """A modal that somebody has open, or somebody's Home tab.

    `previous` is the id of the view that it was pushed on, `root` that of the first one.
    """

    id: str
    user: str
    body: Json
    external_id: str = ""
    errors: dict[str, str] = dataclasses.field(default_factory=dict)
    previous: str = ""
    root: str = ""
    hash: str = ""


@dataclasses.dataclass(kw_only=True)
class File:
    """A file; it is `shared` once its upload is complete."""

    id: str
    name: str
    user: str
    created: int
    title: str = ""
    content: bytes = b""
    shared: bool = False
    channels: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(kw_only=True)
class Trigger:
    """What lets the app open a modal, once and within three seconds; `view` is the modal of the click."""

    user: str
    created: float  # on the monotonic clock
    used: bool = False
    view: str = ""


@dataclasses.dataclass(kw_only=True)
class ResponseUrl:
    """Where the app may answer without being a member of the channel: five times within half an hour."""

    channel: str
    user: str
    message: str
    created: float  # on the monotonic clock
    uses: int = 0


@dataclasses.dataclass(kw_only=True)
class Delivery:
    """What Slack sends to the app, with its acknowledgement and answer."""

    kind: str  # slash_commands, interactive, events_api
    payload: Json
    acknowledged: bool = False
    answer: Any = None
    seconds: float = 0.0
