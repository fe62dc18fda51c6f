"""The actions on approvals: listing and withdrawing are typed, deciding is done by button alone."""

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument


class ApprovalsList(Action):
    """What waits for a decision."""

    name = "approvals.list"
    path = ("approvals",)
    example = "approvals"


class ApprovalsWithdraw(Action):
    """Take your own request back."""

    name = "approvals.withdraw"
    effect = Effect.CHANGE
    quiet = True
    example = "approvals withdraw a17"
    target_field = "approval"
    approval: Annotated[str, Argument("ID", values.name)]


class ApprovalForm(Action):
    """Open the form of a decision.

    It asks for what a button cannot carry: the typed name, a comment, a time window.
    """

    name = "approvals.form"
    by_button = True
    quiet = True
    target_field = "approval"
    approval: str
    approve: bool


class ApprovalDecide(Action):
    """Approve or reject what somebody else has asked for.

    There are no words for it: only a button that was shown decides.
    """

    name = "approvals.decide"
    by_button = True
    effect = Effect.CHANGE
    quiet = True
    target_field = "approval"
    approval: str
    approve: bool
    comment: str = ""
    typed: str = ""  # the name of what will be gone, as the approver typed it
    not_before: str = ""  # a window for the effect, as typed
    not_after: str = ""
