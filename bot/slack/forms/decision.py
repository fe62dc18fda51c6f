"""The form of a decision: what a button cannot carry. The typed name, a comment, a window for the effect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.access.approval_service import DecisionForm
from bot.access.window import window
from bot.actions.approvals import ApprovalDecide
from bot.actions.request import OfferId, OperationId
from bot.slack import kit
from bot.slack.forms.parts import View, form_view, labelled, text_input
from bot.slack.views import approval_cards as views

FORM = "decision"  # its values are checked before it closes


def decision_view(wanted: DecisionForm, *, operation: OperationId, offer: OfferId) -> View:
    """The form in which one approves or rejects."""
    found = wanted.approval
    blocks = [kit.section(f"{kit.bold(found.shown['headline'])}\n{views.asked_line(found)}")]
    blocks += views.consequences(found)
    if not wanted.approve:
        comment = text_input("comment", multiline=True, placeholder="what should be different?")
        blocks.append(
            labelled("comment", "Why not?", comment, hint="Whoever asked sees this.", optional=True)
        )
        return form_view(
            operation=operation, offer=offer, title="Reject", submit="Reject", blocks=blocks, form=FORM
        )
    if found.typed:
        name = text_input("typed", placeholder=found.typed)
        hint = f"Type {found.typed} exactly: it will be gone and cannot be brought back."
        blocks.append(labelled("typed", "Type its name to approve", name, hint=hint))
    for field, label, example in (
        ("not_before", "Not before (UTC)", "22:00"),
        ("not_after", "Not after (UTC)", "02:00"),
    ):
        element = text_input(field, placeholder=f"{example}, or a date and a time; empty: no limit")
        blocks.append(labelled(field, label, element, optional=True))
    return form_view(
        operation=operation, offer=offer, title="Approve", submit="Approve", blocks=blocks, form=FORM
    )


def decision_errors(fields: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the window, beside its first field."""
    begins, ends = str(fields.get("not_before") or ""), str(fields.get("not_after") or "")
    try:
        window(begins, ends, now=datetime.now(UTC))
    except ValueError as wrong:
        return {"not_before" if begins.strip() else "not_after": str(wrong).replace("`", "")}
    return {}


def filled(action: ApprovalDecide, fields: dict[str, Any]) -> ApprovalDecide:
    """The decision that a submitted form stands for."""
    said = {name: str(fields.get(name) or "") for name in ("comment", "typed", "not_before", "not_after")}
    return action.model_copy(update=said)
