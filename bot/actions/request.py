"""A request as it comes in, from Slack or a terminal: the value that is stored before it is acknowledged."""

import enum
from typing import Any, NewType

from pydantic import AwareDatetime, BaseModel, ConfigDict

OperationId = NewType("OperationId", str)  # one request, over all its attempts; opaque, 32 hex digits
# An offer is an action that a button or form stands for: kept when it is shown, under this opaque id, looked
# up and authorised again on every click, so that nobody can forge what a button does.
OfferId = NewType("OfferId", str)


class EntryPoint(enum.StrEnum):
    """The entry point through which a request came."""

    COMMAND = "command"  # a slash command: no thread of its own
    MENTION = "mention"  # @xk8s … in a message, answered in that message's thread
    CLICK = "click"  # a button: `offer` names what it stands for
    FORM = "form"  # a submitted modal: `offer` names it, `fields` has what was filled in
    TERMINAL = "terminal"  # xk8s run "…"
    HOME = "home"  # a button of the App Home: `offer` names what it stands for, and there is no channel
    APPROVED = "approved"  # what was asked for earlier and has been approved: `continues` names the request

    @property
    def by_offer(self) -> bool:
        """Whether the request names an offer, and not words."""
        return self in (EntryPoint.CLICK, EntryPoint.FORM, EntryPoint.HOME)


class Person(BaseModel):
    """Who asks; `id` is a Slack user id, or `terminal:<os user>@<host>`."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str = ""  # as Slack calls them; for reading only, never for deciding
    team: str = ""  # Slack team id


class Place(BaseModel):
    """Where a request was made, and so where it is answered."""

    model_config = ConfigDict(frozen=True)

    channel: str = ""  # Slack channel id; empty in a terminal
    thread: str = ""  # ts of the thread's root; empty for a slash command until its root is posted
    message: str = ""  # ts of the message itself (a mention, or the one a clicked button is on)
    direct: bool = False  # a direct message: it has no project
    response_url: str = ""  # Slack's response URL: 5 uses within 30 minutes


class AttachedFile(BaseModel):
    """A file that came with a message or a form: where it is, not its content."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str = ""
    size: int | None = None  # bytes; None where Slack does not say yet
    url: str = ""  # where it can be downloaded; empty where Slack does not say yet


class IncomingRequest(BaseModel):
    """One thing that a person has typed or pressed, as it is kept in the inbox.

    `key` is the idempotency key, so that Slack's redeliveries are one request: the trigger id of a command;
    team, channel and ts of a mention; offer, person and moment of a click.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    operation: OperationId
    entry: EntryPoint
    person: Person
    place: Place
    text: str = ""  # the words typed, for COMMAND, MENTION and TERMINAL
    offer: OfferId | None = None
    fields: dict[str, Any] = {}  # the filled-in values of a FORM
    files: tuple[AttachedFile, ...] = ()  # that were sent with a MENTION or a FORM
    received: AwareDatetime
    bot: bool = False  # sent by another bot: never a person with rights
    # the operation that asked for what is now approved (entry APPROVED), in whose thread this one is answered
    continues: OperationId | None = None

    @property
    def reference(self) -> str:
        """The short reference to the operation in messages, logs and audit events."""
        return self.operation[:4]
