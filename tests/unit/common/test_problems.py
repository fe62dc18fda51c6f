"""A problem has three texts and an outcome; an ambiguous name lists its meanings."""

from __future__ import annotations

from bot.common.problems import Ambiguous, Choice, Problem, Refusal


def test_a_problem_is_its_first_text_as_an_exception() -> None:
    problem = Problem("It failed", why="the server", fix="try again")
    assert (str(problem), problem.why, problem.fix) == ("It failed", "the server", "try again")
    assert (Problem("w").why, Problem("w").fix) == ("", "")


def test_a_refusal_was_not_tried() -> None:
    assert (Problem.outcome, Refusal.outcome) == ("failed", "refused")


def test_an_ambiguous_name_lists_its_meanings() -> None:
    choices = [Choice("uuid-1", "dev, deployed"), Choice("uuid-2", "dev, configured")]
    ambiguous = Ambiguous("dev means two clusters", choices=choices, fix="pick one", field="cluster")
    assert ambiguous.why == "uuid-1: dev, deployed\nuuid-2: dev, configured"
    assert ambiguous.choices == tuple(choices)
    assert (ambiguous.field, ambiguous.in_place_of, ambiguous.outcome) == ("cluster", "", "refused")
