"""The base of every request that the grammar can produce, and the registry that reads one back.

An `Action` is what the audit log stores, what an approval is bound to and what a button stands for, so
it is immutable, holds plain JSON values only, and has a name that never changes once it was recorded.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Driver(enum.StrEnum):
    """A network driver (CNI plugin) that a cluster template can choose."""

    CALICO = "calico"
    FLANNEL = "flannel"


class Effect(enum.Enum):
    """What an action does to the world, which decides how it is answered and recovered."""

    TALK = "talk"  # help, whoami: ephemeral, not audited, no project needed
    READ = "read"  # repeated after a crash
    CHANGE = "change"  # continued or closed from its audit intent after a crash


class Action(BaseModel):
    """One request of one person, as plain immutable values.

    Subclasses set `name` (dotted, as roles, audit filters and services know it) and `effect`;
    defining a subclass registers it for `decode`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str] = ""
    effect: ClassVar[Effect] = Effect.READ
    _registry: ClassVar[dict[str, type[Action]]] = {}

    project: str | None = None  # --project NAME: only where no channel says it

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
        return ""

    def encode(self) -> dict[str, Any]:
        """Return `{"action": name, "arguments": {…}}`, which `decode` reads back."""
        return {"action": self.name, "arguments": self.model_dump(mode="json", exclude_defaults=True)}

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
