"""Requests are stored, forms opened empty, and what a person dismisses loses its buttons."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import pytest

from bot.actions import grammar
from bot.common.problems import Problem
from bot.slack import kit
from bot.slack.intake import Intake
from bot.slack.payloads import ClickedMessage
from tests.unit.slack.examples.requests import OPERATION, request
from tests.unit.slack.fakes import FakeWeb


class AtOnce(Executor):
    """Runs what it is given, at once."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        call(*arguments, **named)


def intake(web: FakeWeb | None = None, accept: Callable[[Any], bool] = lambda _request: True) -> Intake:
    return Intake(accept=accept, parse=grammar.parse, web=web or FakeWeb(), openers=AtOnce())  # type: ignore[arg-type]


def refuse(_request: Any) -> bool:
    raise Problem("The database does not answer", fix="Try again in a minute.")


@pytest.mark.parametrize("is_new", [True, False])
def test_it_says_whether_a_request_is_new(is_new: bool) -> None:
    assert intake(accept=lambda _request: is_new).accept(request()) is is_new


def test_a_command_that_cannot_be_stored_is_explained_with_its_reference() -> None:
    assert intake(accept=refuse).accept_or_explain(request()) == (
        "❌ The database does not answer\nNothing was started. Try again in a minute. (ref 7f3a)"
    )
    assert intake().accept_or_explain(request()) == ""


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        ("template create", True),
        ("template create calico", False),
        ("cluster list", False),
        ("nonsense", False),
    ],
)
def test_words_open_a_form_only_if_they_need_one(words: str, opens: bool) -> None:
    web = FakeWeb()
    intake(web).open_form_for_words(request(text=words), trigger_id="1.2")
    assert bool(web.of("open_view")) is opens


def test_a_form_is_opened_empty_under_the_id_of_its_operation() -> None:
    web = FakeWeb()
    intake(web).open_form(request(), trigger_id="1.2")
    [opened] = web.of("open_view")
    assert opened["trigger_id"] == "1.2" and opened["view"]["external_id"] == OPERATION
    assert opened["view"]["blocks"] == [kit.section("⏳ One moment…")]


def test_a_trigger_that_has_expired_is_logged_only() -> None:
    web = FakeWeb()
    web.errors["open_view"] = [Problem("Slack refused views.open", why="trigger_expired")]
    intake(web).open_form(request(), trigger_id="1.2")


def clicked(*blocks: kit.Block) -> ClickedMessage:
    return ClickedMessage(text="Preview", blocks=blocks, person="U1", response_url="https://hooks/1")


def test_a_dismissed_message_loses_its_buttons_and_says_by_whom() -> None:
    web = FakeWeb()
    intake(web).dismiss(clicked(kit.section("x"), {"type": "actions", "elements": []}))
    [replaced] = web.of("respond")
    assert (replaced["url"], replaced["text"], replaced["replace"]) == ("https://hooks/1", "Preview", True)
    assert replaced["blocks"] == [kit.section("x"), kit.context("cancelled by <@U1>, nothing was done")]


def test_of_an_ephemeral_message_slack_does_not_say_what_is_in_it_so_it_stays() -> None:
    web = FakeWeb()
    intake(web).dismiss(clicked())
    assert web.calls == []


def test_a_message_that_cannot_be_replaced_is_logged_only() -> None:
    web = FakeWeb()
    web.errors["respond"] = [Problem("Slack did not answer")]
    intake(web).dismiss(clicked(kit.section("x")))
