"""The form of a decision on an approval: the typed name, a comment, and a window, which a button cannot
carry.
"""

from datetime import UTC, datetime

from bot.access.approval_service import DecisionForm
from bot.access.window import window
from bot.actions.action import Action
from bot.actions.approvals import ApprovalDecide, ApprovalForm
from bot.actions.request import OfferId, OperationId
from bot.slack import kit
from bot.slack.forms.form import Errors, Form, Values
from bot.slack.forms.parts import View, form_view, labelled, text_input
from bot.slack.views import approval_cards as cards

NAME = "decision"


def decision_view(form: DecisionForm, operation: OperationId, offer: OfferId) -> View:
    """The modal in which a decider approves or rejects."""
    approval = form.approval
    title = f"{kit.bold(approval.shown['headline'])}\n{cards.asked_line(approval)}"
    inputs = _approve_inputs(approval.typed) if form.approve else [_comment_input()]
    word = "Approve" if form.approve else "Reject"
    return form_view(
        operation=operation,
        offer=offer,
        title=word,
        submit=word,
        blocks=[kit.section(title), *cards.consequences(approval), *inputs],
        form=NAME,
    )


def _comment_input() -> kit.Block:
    comment = text_input("comment", multiline=True, placeholder="what should be different?")
    return labelled("comment", "Why not?", comment, hint="Whoever asked sees this.", optional=True)


def _approve_inputs(typed: str) -> list[kit.Block]:
    """The name that must be typed for an irreversible change, and the window in which it may begin."""
    inputs = []
    if typed:
        hint = f"Type {typed} exactly: it will be gone and cannot be brought back."
        name = text_input("typed", placeholder=typed)
        inputs.append(labelled("typed", "Type its name to approve", name, hint=hint))
    for field, label, example in (
        ("not_before", "Not before (UTC)", "22:00"),
        ("not_after", "Not after (UTC)", "02:00"),
    ):
        element = text_input(field, placeholder=f"{example}, or a date and a time; empty: no limit")
        inputs.append(labelled(field, label, element, optional=True))
    return inputs


def decision_errors(values: Values, _files: int) -> Errors:
    """What is wrong with the window, beside its first field."""
    begin, end = str(values.get("not_before") or ""), str(values.get("not_after") or "")
    try:
        window(begin, end, now=datetime.now(UTC))
    except ValueError as error:
        return {"not_before" if begin.strip() else "not_after": str(error).replace("`", "")}
    return {}


def fill_decision(action: ApprovalDecide, values: Values) -> ApprovalDecide:
    """The decision with the comment, the typed name and the window of the form."""
    texts = {name: str(values.get(name) or "") for name in ("comment", "typed", "not_before", "not_after")}
    return action.model_copy(update=texts)


def _offered(form: DecisionForm, opener: Action) -> ApprovalDecide:
    return ApprovalDecide(approval=form.approval.id, approve=form.approve, project=opener.project)


FORM = Form(
    name=NAME,
    result=DecisionForm,
    opens=lambda action: isinstance(action, ApprovalForm),
    view=decision_view,
    offered=_offered,
    fills=(ApprovalDecide,),
    fill=fill_decision,
    errors=decision_errors,
)
