"""What an exchange knows, and how it comes to its end."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.service import Outcome
from bot.common.problems import Problem, Refusal
from tests.unit.requests.exchanges import DELETE, RecordingAnswer, exchange


def fail(error: Exception) -> None:
    raise error


def test_before_it_is_understood_there_is_no_action() -> None:
    with pytest.raises(LookupError):
        _ = exchange(None).action
    assert exchange().action is DELETE


@pytest.mark.parametrize(
    ("changes", "settled"),
    [({}, False), ({"result": 0}, True), ({"problem": Problem("no")}, True), ({"project": "shop"}, False)],
)
def test_it_is_settled_by_a_result_or_a_problem(changes: dict[str, Any], settled: bool) -> None:
    assert exchange(**changes).settled is settled


def test_the_service_may_know_the_request_and_show_progress() -> None:
    answer = RecordingAnswer()
    context = exchange(answer=answer, project="shop", resumed=True).context()
    context.progress("half")
    assert (context.project, context.resumed, context.reference) == ("shop", True, "7f3a")
    assert context.place.channel == "C1" and answer.states == ["half"]


def test_its_conclusion_is_made_once() -> None:
    subject = exchange(result="deleted", project="shop", seconds=2.0)
    conclusion = subject.conclude()
    assert (conclusion.outcome, conclusion.result, conclusion.project) == (
        Outcome.SUCCEEDED,
        "deleted",
        "shop",
    )
    subject.problem = Problem("too late")
    assert subject.conclude() is conclusion


def test_only_errors_of_the_kind_end_it_and_others_leave_it_to_the_next_attempt() -> None:
    subject, refusal = exchange(), Refusal("You may not")
    with subject.ending_on(Refusal):
        fail(refusal)
    assert subject.problem is refusal
    with pytest.raises(Problem, match="unreachable"), subject.ending_on(Refusal):
        fail(Problem("unreachable"))


def test_any_error_of_a_service_ends_it() -> None:
    subject = exchange()
    with subject.ending_on_any_error():
        fail(ZeroDivisionError("inside"))
    assert subject.problem is not None and subject.problem.why == "ZeroDivisionError"
