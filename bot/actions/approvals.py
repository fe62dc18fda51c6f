"""Approvals: looking and withdrawing are typed; deciding is done by button alone."""

from __future__ import annotations

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument


class ApprovalsList(Action):
    """What waits for a decision."""

    name = "approvals.list"
    path = ("approvals",)
    summary = "what waits for a decision"
    example = "approvals"


class ApprovalsWithdraw(Action):
    """Take one's own request back."""

    name = "approvals.withdraw"
    path = ("approvals", "withdraw")
    effect = Effect.CHANGE
    quiet = True
    summary = "take your own request back"
    example = "approvals withdraw a17"
    target_field = "approval"
    approval: Annotated[str, Argument("ID", values.name)]


class ApprovalForm(Action):
    """The form in which one decides: it asks for what a button cannot carry."""

    name = "approvals.form"
    path = ("approvals", "form")
    quiet = True
    summary = "open the form of a decision"
    target_field = "approval"
    approval: str
    approve: bool


class ApprovalDecide(Action):
    """Decide over somebody else's request. There are no words for it: only a button that was shown
    decides.
    """

    name = "approvals.decide"
    path = ("approvals", "decide")
    effect = Effect.CHANGE
    quiet = True
    summary = "approve or reject what somebody else has asked for"
    target_field = "approval"
    approval: str
    approve: bool
    comment: str = ""
    typed: str = ""  # the name of what will be gone, as the approver typed it
    not_before: str = ""  # a window for the effect, as typed
    not_after: str = ""


BY_BUTTON: tuple[type[Action], ...] = (ApprovalForm, ApprovalDecide)
