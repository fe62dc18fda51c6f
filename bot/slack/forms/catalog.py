"""Every form there is: which action opens it, which result fills it, and what its submission stands for."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.access.approval_service import DecisionForm
from bot.actions.action import Action
from bot.actions.approvals import ApprovalDecide, ApprovalForm
from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import OfferId, OperationId
from bot.actions.templates import TemplateCreate
from bot.clusters.templates.results import TemplateForm
from bot.policy.results import PolicyForm
from bot.slack.forms import decision, policy, template
from bot.slack.forms.parts import View
from bot.slack.kit import FORM


def opens_form(action: Action) -> bool:
    """Whether an action needs a form before it can be done."""
    match action:
        case ApprovalForm():
            return True
        case TemplateCreate():
            return action.driver is None
        case PolicyPreview() | PolicyApply():
            return action.needs_manifest
    return False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
    """A result that is shown as a form: what its submission stands for, before it is filled in."""

    result: TemplateForm | DecisionForm | PolicyForm
    action: Action

    def view(self, *, operation: OperationId, offer: OfferId) -> View:
        """The form."""
        match self.result:
            case TemplateForm():
                return template.template_view(self.result, operation=operation, offer=offer)
            case DecisionForm():
                return decision.decision_view(self.result, operation=operation, offer=offer)
            case PolicyForm():
                return policy.policy_view(self.result, operation=operation, offer=offer)


def form_of(result: object, asked: Action) -> Form | None:
    """The form that a result is shown as; None for one that is not."""
    match result:
        case TemplateForm():
            return Form(result=result, action=asked)
        case DecisionForm():
            decide = ApprovalDecide(
                approval=result.approval.id, approve=result.approve, project=asked.project
            )
            return Form(result=result, action=decide)
        case PolicyForm():
            return Form(result=result, action=result.action)
    return None


def form_errors(callback: str, fields: dict[str, Any], *, files: int = 0) -> dict[str, str]:
    """What is wrong with a form's values, by field; `files` is how many were picked."""
    match callback.removeprefix(f"{FORM}."):
        case decision.FORM:
            return decision.decision_errors(fields)
        case policy.FORM:
            return policy.policy_errors(fields, files=files)
    return template.form_errors(fields)


def filled(action: Action, fields: dict[str, Any]) -> Action:
    """The action that a submitted form stands for. Raises `ValueError` for values that do not fit."""
    match action:
        case TemplateCreate():
            return template.filled(action, fields)
        case ApprovalDecide():
            return decision.filled(action, fields)
        case PolicyPreview() | PolicyApply():
            return policy.filled(action, fields)
    raise ValueError(f"{action.name} has no form")
