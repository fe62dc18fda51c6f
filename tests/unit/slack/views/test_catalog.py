"""Every result has a view, and whatever it is, its messages stay within Slack's limits as the sandbox and
`slack_sdk` check them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

import bot
from bot.actions.action import Action
from bot.actions.proposal import Proposal
from bot.actions.service import Context, LongRunning
from bot.clusters.lifecycle import results
from bot.common.problems import Problem
from bot.migration.workflow import events
from bot.requests.answer import Conclusion
from bot.slack import kit, plain_text
from bot.slack.views import answers, catalog
from sandbox.slack.block_kit import check_message
from tests.support.property_examples import examples
from tests.unit.slack.examples import approvals, audit, clusters, help_pages, migrations, policies, templates
from tests.unit.slack.examples.requests import NASTY, conclusion
from tests.unit.slack.rendering import as_sent, mrkdwn

RESULTS: list[object] = [
    *help_pages.RESULTS,
    *templates.RESULTS,
    *clusters.RESULTS,
    *approvals.RESULTS,
    *policies.RESULTS,
    *migrations.RESULTS,
    *audit.RESULTS,
]


def messages(conclusion: Conclusion) -> list[kit.Message]:
    """The root and the messages of an answer."""
    rendered = answers.show_conclusion(conclusion)
    return [answers.root_message(rendered.headline, conclusion.request), *answers.with_headline(rendered)]


def check(message: kit.Message) -> None:
    """Slack takes a message, and none of it notifies a channel."""
    blocks = as_sent(message)
    check_message(blocks)
    for block in Block.parse_all(blocks):
        block.validate_json()
    assert 0 < len(message.text) <= kit.MESSAGE_TEXT
    assert not any("<!channel>" in markup for markup in mrkdwn(blocks)), "what servers say is never markup"


def _callables() -> Iterator[tuple[typing.Any, bool]]:
    """Every function and method of the product outside bot.slack, and whether it has `self`."""
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if module.name.startswith("bot.slack") or module.name == "bot.__main__":
            continue
        loaded = importlib.import_module(module.name)
        for value in vars(loaded).values():
            if getattr(value, "__module__", "") != module.name:
                continue
            if inspect.isfunction(value):
                yield value, False
            elif inspect.isclass(value):
                yield from ((member, True) for member in vars(value).values() if inspect.isfunction(member))


def _service_results() -> set[type]:
    """What services return, by their annotations: a service takes an action and a `Context`.

    So does what proposes a change for approval, which returns a `Proposal`.
    """
    returned: set[type] = set()
    for function, is_method in _callables():
        if function.__name__.startswith("_"):
            continue
        names = list(inspect.signature(function).parameters)[is_method:]
        annotations = getattr(function, "__annotations__", {})
        if len(names) != 2 or "Context" not in str(annotations.get(names[1])):
            continue
        hints = typing.get_type_hints(function)
        is_action = any(
            inspect.isclass(kind) and issubclass(kind, Action)
            for kind in typing.get_args(hints[names[0]]) or (hints[names[0]],)
        )
        if is_action and hints[names[1]] is Context and hints["return"] is not object:
            returned |= set(typing.get_args(hints["return"]) or (hints["return"],))
    records = {kind for kind in returned if kind.__module__.startswith("storage.")}  # that a service looks up
    return returned - records - {Proposal, LongRunning}


def test_every_result_that_a_service_returns_has_a_view() -> None:
    returned = _service_results()
    assert len(returned) > 25, "the services were found"
    ends = {*results.KINDS.values(), *events.KINDS.values()}
    assert (returned | ends) - catalog.RESULTS.result_types == set()


def test_every_view_is_among_those_that_are_shown_here() -> None:
    assert {type(result) for result in RESULTS} >= catalog.RESULTS.result_types
    states = {type(state) for state in (*clusters.STATES, *migrations.STATES)}
    assert states >= catalog.RESULTS.states.by_type.keys()


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_an_answer_stays_within_slacks_limits(result: object) -> None:
    for message in messages(conclusion(result=result)):
        check(message)


@pytest.mark.parametrize("state", clusters.STATES, ids=lambda state: type(state).__name__)
def test_a_state_on_the_way_stays_within_slacks_limits_and_says_how_old_it_is(state: object) -> None:
    message = answers.show_state(state)
    check(message)
    if getattr(state, "at", None) is not None:
        assert "as of 09:00:00 UTC" in " ".join(plain_text.lines(message.blocks))
    line = answers.state_root_line(state, message)
    root = answers.root_message(line, conclusion(result=None).request)
    check(root)
    assert plain_text.lines(root.blocks)[0].startswith("⏳")


@pytest.mark.parametrize("state", migrations.STATES, ids=lambda state: type(state).__name__)
def test_a_state_of_a_migration_stays_within_slacks_limits(state: object) -> None:
    message = answers.show_state(state)
    check(message)
    assert "<!channel>" not in answers.state_root_line(state, message)


def test_nothing_that_a_server_says_becomes_markup_or_a_fence() -> None:
    for message in messages(conclusion(problem=Problem(NASTY, why=NASTY, fix=NASTY))):
        check(message)


@given(headline=st.text(max_size=9_000), why=st.text(max_size=9_000), fix=st.text(max_size=9_000))
@settings(max_examples=examples(50), deadline=None)
def test_any_error_fits(headline: str, why: str, fix: str) -> None:
    for message in messages(conclusion(problem=Problem(headline or "x", why=why, fix=fix))):
        blocks = as_sent(message)
        check_message(blocks)
        assert len(message.text) <= kit.MESSAGE_TEXT
