"""The base of every request that the grammar can produce, and the registry that reads one back.

An `Action` is what the audit log stores, what an approval is bound to and what a button stands for, so
it is immutable, holds plain JSON values only, and has a name that never changes once it was recorded.
"""

from __future__ import annotations

import enum
import shlex
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from bot.actions.parameters import Argument, Flag, Option, Parameter
from bot.drivers import catalog


class Effect(enum.Enum):
    """What an action does to the world, which decides how it is answered and recovered."""

    TALK = "talk"  # help, whoami: answered privately, not audited, no project needed
    READ = "read"  # repeated after a crash
    CHANGE = "change"  # continued or closed from its audit intent after a crash


class Action(BaseModel):
    """One request of one person, as plain immutable values.

    A subclass sets `name` (dotted, as roles, audit filters and metrics know it), `effect` and `example`, and
    annotates each field with how it is typed (see `bot.actions.parameters`). The words that it begins with
    are those of its name unless it sets `path`, and the help says the first paragraph of its docstring.
    Defining a subclass registers it for `decode`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str] = ""
    path: ClassVar[tuple[str, ...]] = ()
    effect: ClassVar[Effect] = Effect.READ
    summary: ClassVar[str] = ""
    example: ClassVar[str] = ""
    target_field: ClassVar[str] = ""
    by_button: ClassVar[bool] = False  # there are no words for it: only a button that was shown does it
    quiet: ClassVar[bool] = False  # answered to the asker alone: what others see is the message it changes
    _registry: ClassVar[dict[str, type[Action]]] = {}

    project: str | None = None  # --project NAME: only where no channel says it
    reason: str | None = None  # --reason TEXT: why a change is wanted, for who decides over it

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not cls.name:
            return
        registered = Action._registry.setdefault(cls.name, cls)
        if registered is not cls and registered.__qualname__ != cls.__qualname__:
            raise TypeError(f"two actions are called {cls.name}")
        cls.path = cls.path or tuple(cls.name.split("."))
        paragraph = " ".join((cls.__doc__ or "").partition("\n\n")[0].split()).rstrip(".?")
        cls.summary = paragraph[:1].lower() + paragraph[1:]

    @property
    def target(self) -> str:
        """What it is done to, as one word for the audit log's target column; empty if nothing."""
        return str(getattr(self, self.target_field) or "") if self.target_field else ""

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """Return how each field is typed, in the order of typing."""
        return {
            field: annotation
            for field, info in cls.model_fields.items()
            for annotation in info.metadata
            if isinstance(annotation, Parameter)
        }

    @classmethod
    def assemble(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Turn what was typed into fields, where words and fields do not match one by one.

        Raises `ValueError` with what is wrong.
        """
        return values

    def words(self) -> str:
        """Return the words that say this action, without the command: `cluster show prod-eu`."""
        words = [*self.path, *self._argument_words()]
        for field, parameter in self.parameters().items():
            value = getattr(self, field, None)  # absent: an option of a driver that was not given
            if isinstance(parameter, Flag) and value:
                words.append(parameter.flag)
            elif isinstance(parameter, Option) and value not in (None, ()):
                words += _option_words(parameter, value)
        if self.project:
            words += ["--project", self.project]
        if self.reason:
            words += ["--reason", self.reason]
        return " ".join(map(shlex.quote, words))

    def _argument_words(self) -> list[str]:
        words: list[str] = []
        for field, parameter in self.parameters().items():
            value = getattr(self, field, None)
            if isinstance(parameter, Argument) and value is not None:
                subcommands = {
                    action.path[-1] for action in Action._registry.values() if len(action.path) == 2
                }
                if field == "cluster" and (value in subcommands or catalog.find_driver(value)):
                    words += ["--cluster", value]
                else:
                    words.append(str(value))
        return words

    def encode(self) -> dict[str, Any]:
        """Return `{"action": name, "arguments": {…}}`, which `decode` reads back."""
        return {"action": self.name, "arguments": self.model_dump(mode="json", exclude_defaults=True)}

    def audit_arguments(self) -> dict[str, Any]:
        """Return the arguments as the audit log keeps them: those of `encode`, without what may hold a
        secret.
        """
        return dict(self.encode()["arguments"])

    @classmethod
    def decode(cls, data: dict[str, Any]) -> Action:
        """Read what `encode` wrote.

        Raises `KeyError` for a name that no action has, and pydantic's `ValidationError` for
        arguments that do not fit it.
        """
        return cls._registry[data["action"]].model_validate(data["arguments"])

    @classmethod
    def registered(cls) -> dict[str, type[Action]]:
        """Return every registered action by name."""
        return dict(cls._registry)


def _option_words(option: Option, value: object) -> list[str]:
    if isinstance(value, tuple):
        if option.commas:
            return [option.flag, ",".join(map(str, value))]
        return [word for item in value for word in (option.flag, str(item))]
    return [option.short or option.flag, str(value)]
