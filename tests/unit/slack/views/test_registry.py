"""Views register themselves beside their types, and are found by the type of what is shown."""

from __future__ import annotations

import pkgutil

import pytest

from bot.slack import kit, views
from bot.slack.views.catalog import COMPOSERS, RESULTS
from bot.slack.views.registry import DuplicateView, NoView, Registry


class Result:
    """Something that is shown."""


class SpecialResult(Result):
    """Something else, although it is a `Result` too."""


def show(_result: Result) -> kit.Rendered:
    return kit.Rendered(headline="shown")


def test_a_decorated_view_is_found_by_the_type_of_the_result() -> None:
    registry = Registry()
    assert registry.results(Result)(show) is show, "the function itself stays as it is"
    assert registry.render(Result()).headline == "shown"
    assert registry.result_types == {Result} and not registry.states.by_type


def test_a_type_without_a_view_is_named_and_not_shown_by_the_view_of_its_base_class() -> None:
    registry = Registry()
    registry.results(Result)(show)
    with pytest.raises(NoView, match="no view for SpecialResult"):
        registry.render(SpecialResult())
    with pytest.raises(NoView, match="no view for Result"):
        registry.render_state(Result())


def test_two_views_of_one_type_are_a_mistake() -> None:
    registry = Registry()
    registry.results(Result)(show)
    with pytest.raises(DuplicateView, match="Result has two views"):
        registry.results(Result)(show)


def test_only_some_states_have_a_line_of_the_root_of_their_own() -> None:
    registry = Registry()
    registry.root_lines(SpecialResult)(lambda _state: "⏳ special")
    assert registry.render_root_line(SpecialResult()) == "⏳ special"
    assert registry.render_root_line(Result()) is None


def test_the_catalogue_knows_the_views_of_every_module_beside_it() -> None:
    shown_in = {view.__module__ for view in RESULTS.results.by_type.values()}
    shown_in |= {view.__module__ for view in RESULTS.states.by_type.values()}
    for module in pkgutil.iter_modules(views.__path__):
        path = f"{views.__path__[0]}/{module.name}.py"
        with open(path, encoding="utf-8") as source:
            registers = "\n@shows" in source.read()
        assert registers == (f"{views.__name__}.{module.name}" in shown_in), module.name
        assert not (registers and module.name in COMPOSERS)
