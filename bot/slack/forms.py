"""Forms: which action opens one, how it looks while it is empty, and its values back into an action.

A form carries an opaque offer id in its private metadata and nothing else.
"""

from __future__ import annotations

from typing import Any

from bot.actions import values
from bot.actions.action import Action, Driver
from bot.actions.templates import TemplateCreate
from bot.requests.incoming import OfferId, OperationId
from bot.slack import kit
from bot.templates.results import TemplateForm

_CHECKS = {"template": values.name, "kubernetes": values.name, "pool": values.cidr}
_FIELDS = (
    ("template", "Name", "left out: made from the version and the driver"),
    ("kubernetes", "Kubernetes version", "for example v1.29.5"),
    ("image", "Image", ""),
    ("flavor", "Flavor of the nodes", ""),
    ("master_flavor", "Flavor of the control plane", ""),
    ("external_network", "External network", ""),
    ("keypair", "Keypair", ""),
    ("pool", "Pod range", "for example 10.102.0.0/16"),
)


def opens_form(action: Action) -> bool:
    """Whether an action needs a form before it can be done."""
    return isinstance(action, TemplateCreate) and action.driver is None


def loading_view(operation: OperationId) -> dict[str, Any]:
    """The form while it is being filled; it is found again by its external id."""
    return {
        "type": "modal",
        "callback_id": f"{kit.FORM}.loading",
        "external_id": operation,
        "title": {"type": "plain_text", "text": "xk8s"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [kit.section("⏳ One moment…")],
    }


def message_view(operation: OperationId, text: str) -> dict[str, Any]:
    """What the form says when it cannot be filled: why, in mrkdwn."""
    return {**loading_view(operation), "blocks": [kit.section(text)]}


def template_view(wanted: TemplateForm, *, operation: OperationId, offer: OfferId) -> dict[str, Any]:
    """The form for a template, filled with the project's defaults."""
    options = [
        _option("calico", "Calico: for production, NetworkPolicy, BGP"),
        _option("flannel", "Flannel: for development and test, no NetworkPolicy"),
    ]
    driver = {"type": "static_select", "action_id": "driver", "options": options, "initial_option": options[0]}
    blocks = [
        kit.section(f"A cluster template in {kit.bold(wanted.project)}. What you leave as it is comes from the configuration."),
        _input("driver", "Network driver", driver, hint="It cannot be changed after a cluster is deployed."),
    ]  # fmt: skip
    for field, label, hint in _FIELDS:
        known = getattr(wanted.defaults, field, None)
        element: dict[str, Any] = {"type": "plain_text_input", "action_id": field}
        if known:
            element["initial_value"] = known
        blocks.append(_input(field, label, element, hint=hint, optional=True))
    return {
        "type": "modal",
        "callback_id": kit.FORM,
        "external_id": operation,
        "private_metadata": offer,
        "title": {"type": "plain_text", "text": "New cluster template"},
        "submit": {"type": "plain_text", "text": "Create"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": blocks,
    }


def _option(value: str, text: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _input(
    field: str, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "input", "block_id": field, "label": {"type": "plain_text", "text": label}, "element": element,
        "optional": optional,
    }  # fmt: skip
    if hint:
        block["hint"] = {"type": "plain_text", "text": hint}
    return block


def form_errors(fields: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a form's values, by field; Slack shows each beside its field."""
    found = {}
    for field, check in _CHECKS.items():
        value = fields.get(field)
        if value:
            try:
                check(str(value))
            except ValueError as wrong:
                found[field] = str(wrong).replace("`", "")
    return found


def filled(action: Action, fields: dict[str, Any]) -> Action:
    """The action that a submitted form stands for. Raises `ValueError` for values that do not fit."""
    if not isinstance(action, TemplateCreate):
        raise ValueError(f"{action.name} has no form")
    said = {name: value for name, value in fields.items() if value and name in TemplateCreate.model_fields}
    said["driver"] = Driver(said["driver"])
    return TemplateCreate(project=action.project, **said)
