"""What the pipeline needs of others, each as a Protocol: rights, offers, approvals, attachments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from bot.access.authorisation import Asker, Grant
from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.routes import Routes
from bot.actions.service import Context
from bot.audit.log import AuditLog
from bot.requests.long_running import LongRunningOperations


class AccessControl(Protocol):
    """Decides whether somebody may do something."""

    def authorise(self, action: Action, asker: Asker) -> Grant:
        """Return the project and the roles that allow it. Raises `Refusal`."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offered:
    """What a button or form stands for: the request with its place filled in, the action, and the project
    in which it was shown.
    """

    request: IncomingRequest
    action: Action
    project: str | None


class Offers(Protocol):
    """What buttons and forms stand for. An offer that changes something is taken by one request."""

    def resolve(self, request: IncomingRequest) -> Offered:
        """Look up the offer that a request names. Raises `Problem`."""
        ...

    def take(self, request: IncomingRequest) -> bool:
        """Claim the offer for this request; False if another request has it."""
        ...

    def give_back(self, request: IncomingRequest) -> None:
        """Release the claim of this request, so that the button may be pressed again."""
        ...


class ApprovalPort(Protocol):
    """What a second person decides before it is done."""

    def approved_action(self, request: IncomingRequest) -> Action:
        """Return what an approved request is to do. Raises `Refusal`."""
        ...

    def request_approval(self, request: IncomingRequest, action: Action, context: Context) -> object | None:
        """Open an approval if the change needs one, and return the result that shows it; None if it needs
        none. Raises `Problem`.
        """
        ...

    def start_effect(self, request: IncomingRequest, action: Action, context: Context) -> None:
        """Mark an approved effect as begun. Raises `Refusal` if what was approved has changed."""
        ...

    def void(self, request: IncomingRequest, note: str) -> None:
        """End the approval of an effect that could not begin; `note` says why."""
        ...


class Attachments(Protocol):
    """What was sent with a request beside its words."""

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """Return the action with what it takes of the request's files. Raises `Refusal`."""
        ...


class NoAttachments:
    """The attachments of an end that cannot send any."""

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """Return the action unchanged."""
        return action


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything that the stages of the pipeline use."""

    parse: Callable[[str], Action]  # raises `Mistake`
    offers: Offers
    approvals: ApprovalPort
    access: AccessControl
    audit: AuditLog
    routes: Routes
    long_running: LongRunningOperations
    attachments: Attachments = dataclasses.field(default_factory=NoAttachments)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
