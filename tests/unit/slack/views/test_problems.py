"""A problem is shown as what happened, why, and what to do now."""

from __future__ import annotations

import dataclasses

import pytest

from bot.actions.clusters import ClusterShow
from bot.actions.service import Outcome
from bot.actions.verification import Verify
from bot.common.problems import Ambiguous, Choice, Problem, Refusal
from bot.slack.views import answers
from bot.slack.views.problems import show_problem
from tests.unit.slack.examples.requests import conclusion
from tests.unit.slack.examples.templates import CALICO
from tests.unit.slack.rendering import buttons, text


def test_an_error_is_three_lines_and_a_reference() -> None:
    problem = Refusal("There is no cluster x in shop", why="HTTP 404", fix="See `/xk8s cluster list`.")
    answer_text = text(*answers.with_headline(answers.show_conclusion(conclusion(problem=problem))))
    assert (
        "There is no cluster x in shop" in answer_text
        and "HTTP 404" in answer_text
        and "See /xk8s cluster list." in answer_text
    )
    assert "ref 7f3a" in answer_text


@pytest.mark.parametrize(
    ("changes", "problem", "mark"),
    [
        ({"action": None}, Refusal("what?"), "🤔"),
        ({"outcome": Outcome.UNKNOWN}, Problem("lost"), "❓"),
        ({}, Refusal("no"), "🚫"),
        ({}, Problem("broken"), "❌"),
    ],
    ids=["not-understood", "not-known", "refused", "failed"],
)
def test_the_mark_says_what_kind_of_problem_it_is(
    changes: dict[str, object], problem: Problem, mark: str
) -> None:
    assert show_problem(conclusion(problem=problem, **changes), problem).headline.startswith(mark)


def test_the_headline_names_the_request_without_a_full_stop() -> None:
    problem = Problem("It broke.")
    assert show_problem(conclusion(problem=problem), problem).headline == "❌ *audit*: It broke"


def test_a_word_of_two_meanings_gets_a_button_for_each() -> None:
    problem = Ambiguous(
        "2 clusters are called x",
        choices=[Choice("id-1", "calico"), Choice("id-2", "flannel")],
        fix="Pick one.",
    )
    ended = dataclasses.replace(conclusion(problem=problem), action=ClusterShow(cluster="x"))
    offered = [button.action for button in buttons(*answers.show_conclusion(ended).messages).values()]
    assert offered == [ClusterShow(cluster="id-1"), ClusterShow(cluster="id-2")]


def test_a_choice_replaces_the_word_that_was_ambiguous_and_clears_its_other_reading() -> None:
    problem = Ambiguous(
        "calico is a driver and a cluster",
        choices=[Choice("id-1", "the cluster calico")],
        fix="Pick one.",
        field="cluster",
        in_place_of="driver",
    )
    ended = dataclasses.replace(conclusion(problem=problem), action=Verify(driver=CALICO))
    [button] = buttons(*show_problem(ended, problem).messages).values()
    assert button.action == Verify(cluster="id-1")
