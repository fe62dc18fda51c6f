"""Which view shows which result: one function per result type, found by the type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bot.slack import kit

T = TypeVar("T")
View = Callable[[Any], kit.Rendered]
ProgressView = Callable[[Any], kit.Message]
RootLine = Callable[[Any], str]


class NoView(LookupError):
    """A result type without a view: a mistake of the programmer, found by a test."""


class Registry:
    """Result types and progress types, each with its view."""

    def __init__(self) -> None:
        self._results: dict[type, View] = {}
        self._progress: dict[type, ProgressView] = {}
        self._roots: dict[type, RootLine] = {}

    def result(self, kind: type[T], view: Callable[[T], kit.Rendered]) -> None:
        """Show results of a type by a view."""
        self._results[kind] = view

    def state(
        self, kind: type[T], view: Callable[[T], kit.Message], *, root: Callable[[T], str] | None = None
    ) -> None:
        """Show intermediate states of a type by a view; `root` is the root's line, if it has one of its
        own.
        """
        self._progress[kind] = view
        if root is not None:
            self._roots[kind] = root

    def root_line(self, state: object) -> str | None:
        """The root's line for a state that has one of its own."""
        line = self._roots.get(type(state))
        return line(state) if line is not None else None

    def render(self, result: object) -> kit.Rendered:
        """Return the view of a result. Raises `NoView`."""
        try:
            return self._results[type(result)](result)
        except KeyError:
            raise NoView(f"no view for {type(result).__name__}") from None

    def render_state(self, state: object) -> kit.Message:
        """Return the view of an intermediate state. Raises `NoView`."""
        try:
            return self._progress[type(state)](state)
        except KeyError:
            raise NoView(f"no view for {type(state).__name__}") from None

    @property
    def result_types(self) -> frozenset[type]:
        """Every result type that has a view."""
        return frozenset(self._results)
