"""Everything that the stages of the pipeline use, and the Protocols of what Slack and a terminal bring."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from bot.access.authorisation import Authoriser
from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.routes import Routes
from bot.audit.log import AuditLog
from bot.requests.approval_gate import ApprovalGate
from bot.requests.long_running import LongRunningOperations


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResolvedOffer:
    """What a button or form stands for: the request with its place filled in, the action, and the project
    in which it was shown.
    """

    request: IncomingRequest
    action: Action
    project: str | None


class Offers(Protocol):
    """What buttons and forms stand for. An offer that changes something is taken by one request."""

    def resolve(self, request: IncomingRequest) -> ResolvedOffer:
        """Look up the offer that a request names. Raises `Problem`."""
        ...

    def take(self, request: IncomingRequest) -> bool:
        """Claim the offer for this request; False if another request has it."""
        ...

    def give_back(self, request: IncomingRequest) -> None:
        """Release the claim of this request, so that the button may be pressed again."""
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
    approvals: ApprovalGate
    access: Authoriser
    audit: AuditLog
    routes: Routes
    long_running: LongRunningOperations
    attachments: Attachments = dataclasses.field(default_factory=NoAttachments)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
