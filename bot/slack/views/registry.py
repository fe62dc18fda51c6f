"""Where views register themselves: one function for each type of result or intermediate state.

A view module decorates its functions with `shows`, `shows_state` and `root_line`. `catalog` imports every
view module, so whoever renders uses the catalogue. A result without a view is a defect, which a test finds.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from bot.slack import kit

T = TypeVar("T")
Shown = TypeVar("Shown")


class NoView(LookupError):
    """No view is registered for a type."""


class DuplicateView(ValueError):
    """Two views are registered for one type."""


class Views(Generic[Shown]):
    """Functions that show a value, found by the value's type; calling it with a type gives a decorator."""

    def __init__(self) -> None:
        self.by_type: dict[type, Callable[[Any], Shown]] = {}

    def __call__(self, kind: type[T]) -> Callable[[Callable[[T], Shown]], Callable[[T], Shown]]:
        """Register the decorated function for a type. Raises `DuplicateView`."""

        def register(view: Callable[[T], Shown]) -> Callable[[T], Shown]:
            if kind in self.by_type:
                raise DuplicateView(f"{kind.__name__} has two views")
            self.by_type[kind] = view
            return view

        return register

    def render(self, value: object) -> Shown:
        """Show a value. Raises `NoView`."""
        view = self.by_type.get(type(value))
        if view is None:
            raise NoView(f"no view for {type(value).__name__}")
        return view(value)


class Registry:
    """The views of results and intermediate states, and the root's line for states that have one of their
    own.
    """

    def __init__(self) -> None:
        self.results = Views[kit.Rendered]()
        self.states = Views[kit.Message]()
        self.root_lines = Views[str]()

    def render(self, result: object) -> kit.Rendered:
        """Return the view of a result. Raises `NoView`."""
        return self.results.render(result)

    def render_state(self, state: object) -> kit.Message:
        """Return the view of an intermediate state. Raises `NoView`."""
        return self.states.render(state)

    def render_root_line(self, state: object) -> str | None:
        """Return the line of mrkdwn that the root shows during a state; None if it has none of its own."""
        return self.root_lines.render(state) if type(state) in self.root_lines.by_type else None

    @property
    def result_types(self) -> frozenset[type]:
        """Every type of result that has a view."""
        return frozenset(self.results.by_type)


REGISTRY = Registry()
shows = REGISTRY.results
shows_state = REGISTRY.states
root_line = REGISTRY.root_lines
