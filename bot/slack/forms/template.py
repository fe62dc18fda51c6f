"""The form for a cluster template, filled with the project's defaults."""

from bot.actions import values as rules
from bot.actions.request import OfferId, OperationId
from bot.actions.templates import TemplateCreate
from bot.clusters.templates.results import TemplateForm
from bot.drivers import catalog
from bot.drivers.template_rules import TemplateOption
from bot.slack import kit
from bot.slack.forms.form import Errors, Form, Values
from bot.slack.forms.parts import View, form_view, labelled, option, text_input

RULES = {"template": rules.name, "kubernetes": rules.name, "pool": rules.cidr}
FIELDS = (
    ("template", "Name", "left out: made from the version and the driver"),
    ("kubernetes", "Kubernetes version", "for example v1.29.5"),
    ("image", "Image", ""),
    ("flavor", "Flavor of the nodes", ""),
    ("master_flavor", "Flavor of the control plane", ""),
    ("external_network", "External network", ""),
    ("keypair", "Keypair", ""),
    ("pool", "Pod range", "for example 10.102.0.0/16"),
)


def template_view(form: TemplateForm, operation: OperationId, offer: OfferId) -> View:
    """The modal with the drivers and the fields of a template."""
    options = [
        option(profile.driver, f"{profile.title}: {profile.summary}") for profile in catalog.profiles()
    ]
    driver = {
        "type": "static_select",
        "action_id": "driver",
        "options": options,
        "initial_option": options[0],
    }
    project = kit.bold(form.project)
    text = f"A cluster template in {project}. What you leave as it is comes from the configuration."
    hint = "It cannot be changed after a cluster is deployed."
    blocks = [kit.section(text), labelled("driver", "Network driver", driver, hint=hint)]
    for field, label, example in FIELDS:
        default = str(getattr(form.defaults, field, None) or "")
        element = text_input(field, initial=default)
        blocks.append(labelled(field, label, element, hint=example, optional=True))
    blocks += [
        labelled(field.name, field.label, text_input(field.name), hint=field.hint, optional=True)
        for field in _driver_fields()
    ]
    return form_view(
        operation=operation, offer=offer, title="New cluster template", submit="Create", blocks=blocks
    )


def _driver_fields() -> list[TemplateOption]:
    """The options of single drivers that the form offers: those that have a label."""
    return [option for option in catalog.template_options() if option.label]


def template_errors(values: Values, _files: int = 0) -> Errors:
    """What is wrong with the values, by field."""
    errors = {}
    checks = RULES | {field.name: field.check or rules.name for field in _driver_fields()}
    for field, check in checks.items():
        if value := values.get(field):
            try:
                check(str(value))
            except ValueError as error:
                errors[field] = str(error).replace("`", "")
    return errors


def fill_template(action: TemplateCreate, values: Values) -> TemplateCreate:
    """The action with the values of the form. Raises `ValueError` for values that do not fit."""
    options = {name: value for name, value in values.items() if value and name in TemplateCreate.parameters()}
    options["driver"] = rules.driver(options["driver"])
    return TemplateCreate(project=action.project, **options)


FORM = Form(
    name="",
    result=TemplateForm,
    opens=lambda action: isinstance(action, TemplateCreate) and action.driver is None,
    view=template_view,
    offered=lambda _form, opener: opener,
    fills=(TemplateCreate,),
    fill=fill_template,
    errors=template_errors,
)
