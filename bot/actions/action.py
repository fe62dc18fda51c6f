"""The base of every request that the grammar can produce, and the registry that reads one back.

An `Action` is what the audit log stores, what an approval is bound to and what a button stands for, so
it is immutable, holds plain JSON values only, and has a name that never changes once it was recorded.
"""

from __future__ import annotations

import enum
import shlex
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from bot.actions.parameters import Argument, Flag, Option
from bot.drivers import catalog


class Effect(enum.Enum):
    """What an action does to the world, which decides how it is answered and recovered."""

    TALK = "talk"  # help, whoami: ephemeral, not audited, no project needed
    READ = "read"  # repeated after a crash
    CHANGE = "change"  # continued or closed from its audit intent after a crash


class Action(BaseModel):
    """One request of one person, as plain immutable values.

    Subclasses set `name` (dotted, as roles, audit filters and services know it), `path` (the words it
    begins with), `effect`, `summary` and `example`, and annotate each field with how it is typed (see
    `spelling`). Defining a subclass registers it for `decode`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str] = ""
    path: ClassVar[tuple[str, ...]] = ()
    effect: ClassVar[Effect] = Effect.READ
    summary: ClassVar[str] = ""
    example: ClassVar[str] = ""
    target_field: ClassVar[str] = ""
    quiet: ClassVar[bool] = False  # answered to the asker alone: what others see is the message it changes
    _registry: ClassVar[dict[str, type[Action]]] = {}

    project: str | None = None  # --project NAME: only where no channel says it
    reason: str | None = None  # --reason TEXT: why a change is wanted, for who decides over it

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.name:
            known = Action._registry.setdefault(cls.name, cls)
            if known is not cls and known.__qualname__ != cls.__qualname__:
                raise TypeError(f"two actions are called {cls.name}")

    @property
    def target(self) -> str:
        """What it is done to, as one word for the audit log's target column; empty if nothing."""
        return str(getattr(self, self.target_field) or "") if self.target_field else ""

    @classmethod
    def spelled(cls) -> dict[str, Argument | Option | Flag]:
        """How each field is typed, in the order of typing."""
        found: dict[str, Argument | Option | Flag] = {}
        for field, info in cls.model_fields.items():
            for note in info.metadata:
                if isinstance(note, (Argument, Option, Flag)):
                    found[field] = note
        return found

    @classmethod
    def assemble(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Turn what was typed into fields, where words and fields do not match one by one.

        Raises `ValueError` with what is wrong.
        """
        return values

    def words(self) -> str:
        """The words that say this action, without the command: `cluster show prod-eu`."""
        typed = list(self.path)
        typed += self._typed_words()
        for field, spelling in self.spelled().items():
            value = getattr(self, field, None)  # absent: an option of a driver that was not given
            if isinstance(spelling, Flag) and value:
                typed.append(spelling.flag)
            elif isinstance(spelling, Option) and value not in (None, ()):
                typed += _option(spelling, value)
        if self.project:
            typed += ["--project", self.project]
        if self.reason:
            typed += ["--reason", self.reason]
        return " ".join(map(shlex.quote, typed))

    def _typed_words(self) -> list[str]:
        typed: list[str] = []
        for field, spelling in self.spelled().items():
            value = getattr(self, field, None)
            if isinstance(spelling, Argument) and value is not None:
                subcommands = {
                    action.path[-1] for action in Action._registry.values() if len(action.path) == 2
                }
                if field == "cluster" and (value in subcommands or catalog.known(value)):
                    typed += ["--cluster", value]
                else:
                    typed.append(str(value))
        return typed

    def encode(self) -> dict[str, Any]:
        """Return `{"action": name, "arguments": {…}}`, which `decode` reads back."""
        return {"action": self.name, "arguments": self.model_dump(mode="json", exclude_defaults=True)}

    def recorded(self) -> dict[str, Any]:
        """The arguments as the audit log keeps them: those of `encode`, without what may hold a secret."""
        return dict(self.encode()["arguments"])

    @classmethod
    def decode(cls, data: dict[str, Any]) -> Action:
        """Read what `encode` wrote.

        Raises `KeyError` for a name that no action has, and pydantic's `ValidationError` for
        arguments that do not fit it.
        """
        return cls._registry[data["action"]].model_validate(data["arguments"])

    @classmethod
    def known(cls) -> dict[str, type[Action]]:
        """Return every registered action by name."""
        return dict(cls._registry)


def _option(spelling: Option, value: object) -> list[str]:
    if isinstance(value, tuple):
        if spelling.commas:
            return [spelling.flag, ",".join(map(str, value))]
        return [part for each in value for part in (spelling.flag, str(each))]
    return [spelling.short or spelling.flag, str(value)]
