"""Every form, found among the modules beside this one: a new form needs no entry here."""

import dataclasses
import importlib
import pkgutil
from typing import Any

from bot.actions.action import Action
from bot.actions.request import OfferId, OperationId
from bot.slack import forms
from bot.slack.forms.form import Errors, Form, Values
from bot.slack.forms.parts import View
from bot.slack.kit import FORM


def _discover() -> tuple[Form[Any, Any], ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(forms.__path__) if module.name != "catalog")
    modules = (importlib.import_module(f"{forms.__name__}.{name}") for name in names)
    return tuple(module.FORM for module in modules if hasattr(module, "FORM"))


FORMS = _discover()


def opens_form(action: Action) -> bool:
    """Return whether an action needs a form before it can be served."""
    return any(form.opens(action) for form in FORMS)


@dataclasses.dataclass(frozen=True)
class ShownForm:
    """A result that is shown as a form, and the action that its submission fills in."""

    form: Form[Any, Any]
    result: object
    action: Action

    def view(self, operation: OperationId, offer: OfferId) -> View:
        """Return the modal; `offer` is the id of the stored action."""
        return self.form.view(self.result, operation, offer)


def form_of(result: object, action: Action) -> ShownForm | None:
    """Return the form that the result of an action is shown as; None for a result that is not."""
    for form in FORMS:
        if isinstance(result, form.result):
            return ShownForm(form, result, form.offered(result, action))
    return None


def form_errors(callback_id: str, values: Values, *, files: int = 0) -> Errors:
    """Return what is wrong with the values of a form, by field; `files` is how many were picked."""
    name = callback_id.removeprefix(FORM).removeprefix(".")
    return next((form.errors(values, files) for form in FORMS if form.name == name), {})


def filled_action(action: Action, values: Values) -> Action:
    """Return the action that a submitted form stands for. Raises `ValueError` for values that do not fit."""
    for form in FORMS:
        if isinstance(action, form.fills):
            return form.fill(action, values)
    raise ValueError(f"{action.name} has no form")
