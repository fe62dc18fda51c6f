"""The service does what is asked for."""

from __future__ import annotations

import pytest

from bot.actions.action import Action
from bot.actions.clusters import ClusterDelete
from bot.actions.routes import Route
from bot.actions.service import Context
from bot.common.problems import Problem
from bot.requests.stages.serve import serve
from tests.unit.requests.exchanges import DELETE, RecordingAnswer, exchange, ports


def test_the_service_gets_the_action_and_what_it_may_know_of_the_request() -> None:
    calls: list[tuple[Action, Context]] = []

    def delete(action: Action, context: Context, /) -> object:
        calls.append((action, context))
        context.progress("half")
        return "deleted"

    answer = RecordingAnswer()
    subject = exchange(answer=answer, route=Route(ClusterDelete, delete), project="shop", resumed=True)
    serve(subject, ports())
    [(action, context)] = calls
    assert subject.result == "deleted" and action is DELETE and answer.states == ["half"]
    assert (context.project, context.resumed, context.reference) == ("shop", True, "7f3a")


def test_a_problem_is_the_end_of_the_exchange() -> None:
    problem = Problem("Magnum did not answer")

    def fail(_action: Action, _context: Context, /) -> object:
        raise problem

    subject = exchange(route=Route(ClusterDelete, fail))
    serve(subject, ports())
    assert subject.problem is problem


def test_a_defect_is_told_without_its_inside() -> None:
    def fail(_action: Action, _context: Context, /) -> object:
        raise KeyError("secret-detail")

    subject = exchange(route=Route(ClusterDelete, fail))
    serve(subject, ports())
    assert subject.problem is not None and subject.problem.why == "KeyError"
    assert "7f3a" in subject.problem.fix and "secret-detail" not in subject.problem.what


def test_without_a_route_nothing_can_be_served() -> None:
    with pytest.raises(LookupError):
        serve(exchange(), ports())
