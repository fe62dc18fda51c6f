"""The services of the approval actions: what waits, taking one's own request back, and deciding."""

import dataclasses
from collections.abc import Callable
from datetime import datetime

from bot.access.approvals import Approvals, MayNotDecide
from bot.access.authorisation import Deciders
from bot.access.window import window
from bot.actions.approvals import ApprovalDecide, ApprovalForm, ApprovalsList, ApprovalsWithdraw
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, Outcome, Readback
from storage.approvals import WITHDRAWN, Approval, Vote
from storage.audit_events import AuditEvent


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalListing:
    """What waits in a project, for one reader."""

    project: str
    approvals: tuple[Approval, ...]
    reader: str
    now: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecisionForm:
    """What the form of a decision is about."""

    approval: Approval
    approve: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalDecided:
    """A decision that counted: the approval as it is now, and who else may decide if more are needed."""

    approval: Approval
    approved: bool
    deciders: Deciders

    @property
    def audit_target(self) -> str:
        """The id of the approval."""
        return self.approval.id

    @property
    def audit_detail(self) -> str:
        """The decision, and why something was rejected."""
        headline = self.approval.shown["headline"]
        if self.approved:
            return f"approved “{headline}”"
        comments = (f": {decision.comment}" for decision in self.approval.decisions if decision.comment)
        return f"rejected “{headline}”{next(comments, '')}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn:
    """A request that was taken back."""

    approval: Approval

    @property
    def audit_detail(self) -> str:
        """What the requester has taken back."""
        return f"took “{self.approval.shown['headline']}” back"


@dataclasses.dataclass(frozen=True)
class ApprovalServices:
    """The word `approvals`, and the buttons of an approval."""

    approvals: Approvals
    deciders: Callable[[str], Deciders]
    now: Callable[[], datetime]

    def list(self, _action: ApprovalsList, context: Context) -> ApprovalListing:
        """Return what waits for a decision, or for its time window."""
        project = context.project or ""
        waiting = tuple(self.approvals.waiting(project))
        return ApprovalListing(project=project, approvals=waiting, reader=context.person.id, now=self.now())

    def withdraw(self, action: ApprovalsWithdraw, context: Context) -> ApprovalWithdrawn:
        """Take back what the asker has asked for. Raises `Refusal`."""
        approval = self.approvals.withdraw(
            action.approval, person=context.person.id, project=context.project or ""
        )
        return ApprovalWithdrawn(approval=approval)

    def form(self, action: ApprovalForm, context: Context) -> DecisionForm:
        """Return the form of a decision. Raises `Refusal` if this person may not decide."""
        approval = self.approvals.get(action.approval, project=context.project or "")
        self.approvals.may_decide(approval, context.person.id)
        return DecisionForm(approval=approval, approve=action.approve)

    def decide(self, action: ApprovalDecide, context: Context) -> ApprovalDecided:
        """Count a decision. Raises `Refusal` with the true state for whoever comes second."""
        project = context.project or ""
        if context.resumed:
            approval = self.approvals.get(action.approval, project=project)
            if _has_decided(approval, context.person.id, approved=action.approve):
                return self._decided(approval, action)
        try:
            begins, ends = window(action.not_before, action.not_after, now=self.now())
        except ValueError as error:
            raise MayNotDecide(f"The window cannot be used: {error}", fix="Press Approve again.") from None
        decision = Vote(
            person=context.person.id,
            name=context.person.name,
            approved=action.approve,
            comment=action.comment.strip(),
            not_before=begins,
            not_after=ends,
        )
        approval = self.approvals.decide(action.approval, decision, project=project, typed=action.typed)
        return self._decided(approval, action)

    def read_back(self, intent: AuditEvent, /) -> Readback:
        """Tell whether a decision or a withdrawal that a crash has cut off has counted."""
        approval = self.approvals.get(str(intent.arguments["approval"]), project=intent.project)
        if intent.action == ApprovalsWithdraw.name:
            counted = approval.state == WITHDRAWN
        else:
            approved = bool(intent.arguments["approve"])
            counted = _has_decided(approval, intent.actor, approved=approved)
        if counted:
            return Readback(outcome=Outcome.SUCCEEDED, detail="cut off, but it has counted")
        return Readback(outcome=Outcome.FAILED, detail=f"cut off: {approval.id} is {approval.state}")

    def _decided(self, approval: Approval, action: ApprovalDecide) -> ApprovalDecided:
        deciders = self.deciders(approval.project)
        return ApprovalDecided(approval=approval, approved=action.approve, deciders=deciders)


def _has_decided(approval: Approval, person: str, *, approved: bool) -> bool:
    """Whether this very decision has been counted."""
    return any(decision.person == person and decision.approved == approved for decision in approval.decisions)


def routes(services: ApprovalServices) -> Routes:
    """Return the routes of the approval actions."""
    return Routes(
        Route(ApprovalsList, services.list),
        Route(ApprovalsWithdraw, services.withdraw, reader=services.read_back),
        Route(ApprovalForm, services.form),
        Route(ApprovalDecide, services.decide, reader=services.read_back),
    )
