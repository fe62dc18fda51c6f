"""Approvals: what waits, taking one's own request back, and deciding."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from bot.access.approvals import Approvals, MayNotDecide
from bot.access.authorisation import Deciders
from bot.access.window import window
from bot.actions.approvals import ApprovalDecide, ApprovalForm, ApprovalsList, ApprovalsWithdraw
from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from storage.approvals import Approval, DecisionResult


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalsShown:
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
        """What was decided over."""
        return self.approval.id

    @property
    def audit_detail(self) -> str:
        """What was decided."""
        comment = next((f": {each.comment}" for each in self.approval.decisions if each.comment), "")
        word = "approved" if self.approved else "rejected"
        return f"{word} “{self.approval.shown['headline']}”{'' if self.approved else comment}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn:
    """A request that was taken back."""

    approval: Approval

    @property
    def audit_detail(self) -> str:
        """What was taken back."""
        return f"took “{self.approval.shown['headline']}” back"


@dataclasses.dataclass(frozen=True)
class ApprovalServices:
    """The word `approvals`, and the buttons of an approval."""

    approvals: Approvals
    deciders: Callable[[str], Deciders]
    now: Callable[[], datetime]

    def list(self, _action: ApprovalsList, context: Context) -> ApprovalsShown:
        """What waits for a decision, or for its window."""
        project = context.project or ""
        found = tuple(self.approvals.waiting(project))
        return ApprovalsShown(project=project, approvals=found, reader=context.person.id, now=self.now())

    def withdraw(self, action: ApprovalsWithdraw, context: Context) -> ApprovalWithdrawn:
        """Take one's own request back."""
        found = self.approvals.withdraw(
            action.approval, person=context.person.id, project=context.project or ""
        )
        return ApprovalWithdrawn(approval=found)

    def form(self, action: ApprovalForm, context: Context) -> DecisionForm:
        """The form of a decision, if this person may decide."""
        found = self.approvals.get(action.approval, project=context.project or "")
        self.approvals.may_decide(found, context.person.id)
        return DecisionForm(approval=found, approve=action.approve)

    def decide(self, action: ApprovalDecide, context: Context) -> ApprovalDecided:
        """Count a decision; whoever comes second is told the true state."""
        project = context.project or ""
        if context.resumed and self._counted(action, context):
            found = self.approvals.get(action.approval, project=project)
            return ApprovalDecided(approval=found, approved=action.approve, deciders=self.deciders(project))
        try:
            begins, ends = window(action.not_before, action.not_after, now=self.now())
        except ValueError as wrong:
            raise MayNotDecide(f"The window cannot be used: {wrong}", fix="Press Approve again.") from None
        verdict = DecisionResult(
            person=context.person.id,
            name=context.person.name,
            approved=action.approve,
            comment=action.comment.strip(),
            not_before=begins,
            not_after=ends,
        )
        found = self.approvals.decide(action.approval, verdict, project=project, typed=action.typed)
        return ApprovalDecided(approval=found, approved=action.approve, deciders=self.deciders(project))

    def _counted(self, action: ApprovalDecide, context: Context) -> bool:
        """Whether this very decision was counted before a crash cut its answer off."""
        found = self.approvals.get(action.approval, project=context.project or "")
        return any(
            each.person == context.person.id and each.approved == action.approve for each in found.decisions
        )


def routes(services: ApprovalServices) -> Routes:
    """Return the routes of the approval actions."""
    return Routes(
        Route(ApprovalsList, services.list),
        Route(ApprovalsWithdraw, services.withdraw),
        Route(ApprovalForm, services.form),
        Route(ApprovalDecide, services.decide),
    )
