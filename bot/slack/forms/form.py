"""What a form is: when it opens, how it looks, what is wrong with its values, and what its submission stands
for.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from bot.actions.action import Action
from bot.actions.request import OfferId, OperationId
from bot.slack.forms.parts import View

Result = TypeVar("Result")
Filled = TypeVar("Filled", bound=Action)

Values = dict[str, Any]  # of a submitted form, by field
Errors = dict[str, str]  # by field; Slack shows each beside its field


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form(Generic[Result, Filled]):
    """One form. An action that `opens` it has a `result`, which is shown as `view`."""

    name: str  # the last part of its callback_id
    result: type[Result]
    opens: Callable[[Action], bool]
    view: Callable[[Result, OperationId, OfferId], View]
    offered: Callable[
        [Result, Action], Action
    ]  # the action that the form offers, from the one that opened it
    fills: tuple[type[Filled], ...]  # the types of the offered action
    fill: Callable[[Filled, Values], Action]  # raises `ValueError` for values that do not fit
    errors: Callable[[Values, int], Errors]  # of the values, and of how many files were picked
