"""Every action there is, in the order of the help: subject by subject, each in the order of its module.

The modules of this package are searched for actions, so a new one needs no entry anywhere; a new subject
comes last until it has a place in `SUBJECTS`.
"""

import importlib
import pkgutil
from collections.abc import Iterator

from bot import actions
from bot.actions.action import Action

SUBJECTS = (
    "help_words",
    "drivers",
    "templates",
    "clusters",
    "verification",
    "policies",
    "migrations",
    "approvals",
    "audit",
)
_IMPORT_THE_CATALOGUE = {"catalog", "grammar", "help_pages"}  # so they cannot be searched while it is made


def _modules() -> list[str]:
    names = {module.name for module in pkgutil.iter_modules(actions.__path__)} - _IMPORT_THE_CATALOGUE
    return [*SUBJECTS, *sorted(names - set(SUBJECTS))]


def _actions() -> Iterator[type[Action]]:
    for name in _modules():
        module = importlib.import_module(f"{actions.__name__}.{name}")
        for kind in vars(module).values():
            is_action = isinstance(kind, type) and issubclass(kind, Action) and kind.name
            if is_action and kind.__module__ == module.__name__:
                yield kind


_ALL = tuple(_actions())
ACTIONS = tuple(action for action in _ALL if not action.by_button)
BY_BUTTON = tuple(action for action in _ALL if action.by_button)
BY_PATH: dict[tuple[str, ...], type[Action]] = {action.path: action for action in ACTIONS}
TOPICS: tuple[str, ...] = tuple(dict.fromkeys(action.path[0] for action in ACTIONS))
