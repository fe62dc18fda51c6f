"""Approvals on the road of a request: a change that needs one is asked for instead of being done, and done
when it is approved.

The effect of an approval is a request of its own. It is in the inbox from the moment of the decision (or of
the decision's time window), so no crash loses it; it is authorised again as the requester's, proposed again,
and begun only if what is proposed still is what was approved.
"""

import contextlib
import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from bot.access.approvals import ApprovalRequest, Approvals, NoApprover
from bot.access.authorisation import Deciders
from bot.actions.action import Action, Effect
from bot.actions.proposal import Proposal, ProposalDocument, Propose
from bot.actions.request import EntryPoint, IncomingRequest, OperationId
from bot.actions.routes import Routes
from bot.actions.service import Context
from bot.common.problems import Problem, Refusal
from bot.requests.inbox import inbox_entry
from storage.approvals import STARTED, Approval


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalPending:
    """The result of a request that waits for a second person."""

    approval: Approval
    deciders: Deciders
    documents: tuple[ProposalDocument, ...] = ()

    @property
    def pending(self) -> str:
        """What the request waits for, for the audit log."""
        return f"waits for approval {self.approval.id}"

    @property
    def audit_target(self) -> str:
        """The name of what the change is about."""
        return str(self.approval.shown["target"])


class ApprovalGate:
    """Opens the approvals that requests need, and begins the effects of those that are given."""

    def __init__(
        self,
        approvals: Approvals,
        *,
        routes: Routes,
        deciders: Callable[[str], Deciders],
        home_channel: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        """`home_channel` says where a request of a project is decided that came from no channel."""
        self._approvals = approvals
        self._routes = routes
        self._deciders = deciders
        self._home_channel = home_channel
        self._now = now

    def approved_action(self, request: IncomingRequest) -> Action:
        """Return what an approved request is to do. Raises `Refusal`."""
        approval = self._approval_of(request)
        try:
            return Action.decode(approval.action)
        except (KeyError, ValidationError):
            raise Refusal(
                f"{approval.id} was asked for in an older version", fix="Ask again; see `/xk8s help`."
            ) from None

    def request_approval(
        self, request: IncomingRequest, action: Action, context: Context
    ) -> ApprovalPending | None:
        """Open an approval if the change needs one; None if it needs none. Raises `Problem`."""
        propose = self._propose(action)
        if action.effect is not Effect.CHANGE or propose is None or context.project is None:
            return None
        documents: tuple[ProposalDocument, ...] = ()
        approval = self._approvals.of_operation(context.operation)
        if approval is None:
            proposal = propose(action, context)
            if not self._approvals.requires_approval(proposal.kind):
                return None
            approval = self._approvals.ask(self._approval_request(request, action, context, proposal))
            documents = proposal.documents
        elif approval.shown.get("documents"):  # an earlier attempt was cut off before it showed them
            with contextlib.suppress(Problem):
                documents = propose(action, context).documents
        deciders = self._deciders(approval.project)
        return ApprovalPending(approval=approval, deciders=deciders, documents=documents)

    def start_effect(self, request: IncomingRequest, action: Action, context: Context) -> None:
        """Mark an approved effect as begun, unless what was approved has changed. Raises `Refusal`."""
        approval = self._approval_of(request)
        if approval.state == STARTED:
            return  # a second attempt: the first one has begun
        propose = self._propose(action)
        if propose is None:
            raise Refusal(f"`{action.words()}` cannot be approved any more", fix="Ask again.")
        self._approvals.start(approval.id, action, propose(action, context))

    def void(self, request: IncomingRequest, note: str) -> None:
        """End the approval of an effect that could not begin."""
        self._approvals.void(self._approval_of(request).id, note=note)

    def _approval_of(self, request: IncomingRequest) -> Approval:
        return self._approvals.find(request.continues or "")

    def _propose(self, action: Action) -> Propose | None:
        route = self._routes.get(type(action))
        return route.proposal if route is not None else None

    def _approval_request(
        self, request: IncomingRequest, action: Action, context: Context, proposal: Proposal
    ) -> ApprovalRequest:
        project = context.project or ""
        self._refuse_without_deciders(project, request.person.id)
        place = request.place
        channel = place.channel if place.channel and not place.direct else self._home_channel(project)
        thread = (place.thread or place.message) if channel == place.channel else ""
        effect = _effect(request, channel=channel, thread=thread, now=self._now())
        return ApprovalRequest(
            operation=context.operation,
            project=project,
            action=action,
            proposal=proposal,
            requester=request.person.id,
            requester_name=request.person.name,
            reason=action.reason or "",
            channel=channel,
            thread=thread,
            effect=inbox_entry(effect).encode(),
        )

    def _refuse_without_deciders(self, project: str, requester: str) -> None:
        deciders, needed = self._deciders(project), self._approvals.approvers
        if deciders.enough_without(requester, needed):
            return
        deciding = "Nobody but you" if deciders.people == {requester} else "Too few people"
        raise NoApprover(
            f"{deciding} may decide over this in {project}",
            why=f"it needs {needed} other than who asks",
            fix=f"Name approvers in `projects.{project}.roles.approver`.",
        )


def _effect(request: IncomingRequest, *, channel: str, thread: str, now: datetime) -> IncomingRequest:
    """The request that an approval puts into the inbox, answered where the approval was asked for."""
    place = request.place.model_copy(
        update={"channel": channel, "thread": thread, "message": "", "response_url": "", "direct": False}
    )
    return IncomingRequest(
        key=f"approved:{request.operation}",
        operation=OperationId(uuid.uuid4().hex),
        entry=EntryPoint.APPROVED,
        person=request.person,
        place=place,
        received=now,
        continues=request.operation,
    )
