"""The form for a cluster template, filled with the project's defaults."""

from __future__ import annotations

from typing import Any

from bot.actions import values
from bot.actions.request import OfferId, OperationId
from bot.actions.templates import TemplateCreate
from bot.clusters.templates.results import TemplateForm
from bot.drivers import catalog
from bot.drivers.template_rules import TemplateOption
from bot.slack import kit
from bot.slack.forms.parts import View, form_view, labelled, option, text_input

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


def template_view(wanted: TemplateForm, *, operation: OperationId, offer: OfferId) -> View:
    """The form for a template."""
    options = [
        option(profile.driver, f"{profile.title}: {profile.summary}") for profile in catalog.profiles()
    ]
    driver = {
        "type": "static_select",
        "action_id": "driver",
        "options": options,
        "initial_option": options[0],
    }
    blocks = [
        kit.section(
            f"A cluster template in {kit.bold(wanted.project)}. What you leave as it is comes from the"
            " configuration."
        ),
        labelled(
            "driver", "Network driver", driver, hint="It cannot be changed after a cluster is deployed."
        ),
    ]
    for field, label, hint in _FIELDS:
        known = str(getattr(wanted.defaults, field, None) or "")
        blocks.append(labelled(field, label, text_input(field, initial=known), hint=hint, optional=True))
    blocks += [
        labelled(own.name, own.label, text_input(own.name), hint=own.hint, optional=True)
        for own in _driver_fields()
    ]
    return form_view(
        operation=operation, offer=offer, title="New cluster template", submit="Create", blocks=blocks
    )


def _driver_fields() -> list[TemplateOption]:
    """The drivers' options that the form offers: those that have a label."""
    return [option for option in catalog.template_options() if option.label]


def form_errors(fields: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a form's values, by field; Slack shows each beside its field."""
    found = {}
    checks = _CHECKS | {option.name: option.check or values.name for option in _driver_fields()}
    for field, check in checks.items():
        value = fields.get(field)
        if value:
            try:
                check(str(value))
            except ValueError as wrong:
                found[field] = str(wrong).replace("`", "")
    return found


def filled(action: TemplateCreate, fields: dict[str, Any]) -> TemplateCreate:
    """The action that a submitted form stands for. Raises `ValueError` for values that do not fit."""
    said = {name: value for name, value in fields.items() if value and name in TemplateCreate.spelled()}
    said["driver"] = values.driver(said["driver"])
    return TemplateCreate(project=action.project, **said)
