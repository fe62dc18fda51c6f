"""Approval on the way of a request: what needs one is asked for in place of being done, and done when
approved.

The effect of an approval is a request of its own: it is in the inbox from the moment of the decision (or of
its window), so no crash loses it; it is authorised again as whoever asked, proposed again, and begun only if
what is proposed still is what was approved.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import ValidationError

from bot.access.approvals import ApprovalRequest, Approvals, NoApprover
from bot.access.authorisation import Deciders
from bot.access.proposal import Proposal, ProposalDocument, Propose
from bot.actions.action import Action, Effect
from bot.actions.request import Entry, IncomingRequest, OperationId
from bot.actions.service import Context
from bot.common.problems import Problem, Refusal
from storage.approvals import STARTED, Approval
from storage.inbox import InboxEntry


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalPending:
    """The result of a request that waits for a second person."""

    approval: Approval
    deciders: Deciders
    documents: tuple[ProposalDocument, ...] = ()

    @property
    def pending(self) -> str:
        """What is waited for, for the audit log."""
        return f"waits for approval {self.approval.id}"

    @property
    def audit_target(self) -> str:
        """What it is about."""
        return str(self.approval.shown["target"])


class ApprovalGate:
    """What the handler asks about approvals."""

    def __init__(
        self,
        approvals: Approvals,
        *,
        proposals: Mapping[str, Propose],
        deciders: Callable[[str], Deciders],
        home_channel: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._approvals = approvals
        self._proposals = proposals
        self._deciders = deciders
        self._home_channel = home_channel  # of a project: where what was asked for in no channel is decided
        self._now = now

    def resolve(self, request: IncomingRequest) -> Action:
        """What an approved request is to do. Raises `Refusal`."""
        found = self._approvals.find(request.continues or "")
        try:
            return Action.decode(found.action)
        except (KeyError, ValidationError):
            raise Refusal(
                f"{found.id} was asked for in an older version", fix="Ask again; see `/xk8s help`."
            ) from None

    def demand(self, request: IncomingRequest, action: Action, context: Context) -> ApprovalPending | None:
        """Ask for a decision if a change needs one; None if it does not. Raises `Problem`."""
        propose = self._proposals.get(action.name)
        if action.effect is not Effect.CHANGE or propose is None or context.project is None:
            return None
        documents: tuple[ProposalDocument, ...] = ()
        asked = self._approvals.of_operation(context.operation)
        if asked is None:
            proposal = propose(action, context)
            if not self._approvals.needed(proposal.kind):
                return None
            asked, documents = (
                self._approvals.ask(self._ask(request, action, context, proposal)),
                proposal.documents,
            )
        elif asked.shown.get("documents"):  # an earlier attempt was cut off before it showed them
            with contextlib.suppress(Problem):
                documents = propose(action, context).documents
        return ApprovalPending(approval=asked, deciders=self._deciders(asked.project), documents=documents)

    def _ask(
        self, request: IncomingRequest, action: Action, context: Context, proposal: Proposal
    ) -> ApprovalRequest:
        project = context.project or ""
        deciders = self._deciders(project)
        if not deciders.enough_without(request.person.id, self._approvals.approvers):
            raise NoApprover(
                (
                    f"Nobody but you may decide over this in {project}"
                    if deciders.people == {request.person.id}
                    else f"Too few people may decide over this in {project}"
                ),
                why=f"it needs {self._approvals.approvers} other than who asks",
                fix=f"Name approvers in `projects.{project}.roles.approver`.",
            )
        place = request.place
        channel = place.channel if place.channel and not place.direct else self._home_channel(project)
        thread = (place.thread or place.message) if channel == place.channel else ""
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
            effect=_effect(request, channel=channel, thread=thread, now=self._now()).encode(),
        )

    def start(self, request: IncomingRequest, action: Action, context: Context) -> None:
        """Begin an approved effect, unless what was approved has changed. Raises `Refusal`."""
        found = self._approvals.find(request.continues or "")
        if found.state == STARTED:
            return  # a second attempt: the first one has begun
        propose = self._proposals.get(action.name)
        if propose is None:
            raise Refusal(f"`{action.words()}` cannot be approved any more", fix="Ask again.")
        self._approvals.start(found.id, action, propose(action, context))

    def give_up(self, request: IncomingRequest, note: str) -> None:
        """An approved effect could not begin: its approval is void."""
        self._approvals.void(self._approvals.find(request.continues or "").id, note=note)


def _effect(request: IncomingRequest, *, channel: str, thread: str, now: datetime) -> InboxEntry:
    operation = OperationId(uuid.uuid4().hex)
    place = request.place.model_copy(
        update={"channel": channel, "thread": thread, "message": "", "response_url": "", "direct": False}
    )
    approval_key = f"approved:{request.operation}"
    made = IncomingRequest(
        key=approval_key,
        operation=operation,
        entry=Entry.APPROVED,
        person=request.person,
        place=place,
        received=now,
        continues=request.operation,
    )
    return InboxEntry(
        key=approval_key, operation=operation, payload=made.model_dump(mode="json"), received_at=now
    )
