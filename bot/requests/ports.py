"""What the handler needs of others, each as a Protocol: rights, offers, approvals, attachments."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from bot.access.authorisation import Asker, Grant
from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.service import Context


class Authorise(Protocol):
    """Decides over a request. Raises `Refusal`."""

    def authorise(self, action: Action, asker: Asker) -> Grant: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offered:
    """What a button or form stands for: the request with its place filled in, the action, the project it
    was shown in.
    """

    request: IncomingRequest
    action: Action
    project: str | None


class Offers(Protocol):
    """What buttons and forms stand for, and where they were shown."""

    def resolve(self, request: IncomingRequest) -> Offered:
        """Look it up. Raises `Problem`."""
        ...

    def take(self, request: IncomingRequest) -> bool:
        """Let this request do what its button stands for; False if another has done it."""
        ...

    def give_back(self, request: IncomingRequest) -> None:
        """Let the button be pressed again: nothing came of it."""
        ...


class ApprovalPort(Protocol):
    """What must be decided by a second person before it is done."""

    def resolve(self, request: IncomingRequest) -> Action:
        """What an approved request is to do. Raises `Refusal`."""
        ...

    def demand(self, request: IncomingRequest, action: Action, context: Context) -> object | None:
        """Ask for a decision if one is needed, and return what to show of it; None if none is. Raises
        `Problem`.
        """
        ...

    def start(self, request: IncomingRequest, action: Action, context: Context) -> None:
        """Begin an approved effect. Raises `Refusal` if what was approved has changed."""
        ...

    def give_up(self, request: IncomingRequest, note: str) -> None:
        """An approved effect could not begin."""
        ...


class Attachments(Protocol):
    """What was sent with a request beside its words."""

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """Return the action with what it takes of the request's files. Raises `Refusal`."""
        ...


class NoAttachments:
    """Where nothing can be sent along."""

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """The action as it is."""
        return action
