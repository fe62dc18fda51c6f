"""Approvals."""

from __future__ import annotations

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.spelling import Word


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
    summary = "take your own request back"
    example = "approvals withdraw a17"
    target_field = "approval"
    approval: Annotated[str, Word("ID", values.name)]
