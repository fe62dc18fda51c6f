"""What a request had claimed is free again when nothing came of it."""

from __future__ import annotations

import pytest

from bot.actions.action import Action
from bot.actions.request import EntryPoint
from bot.common.problems import Problem, Refusal
from bot.requests.stages.open_thread import ResultUnseen
from bot.requests.stages.release_claim import release_claim
from tests.unit.requests.exchanges import DELETE, OneApproval, OneOffer, exchange, ports, request


def test_a_button_may_be_pressed_again_after_a_problem() -> None:
    offers = OneOffer()
    subject = exchange(request=request(entry=EntryPoint.CLICK), problem=Problem("Magnum did not answer"))
    release_claim(subject, ports(offers=offers))
    assert offers.released == [subject.request.operation]


def test_an_approval_whose_effect_could_not_begin_is_void_and_says_why() -> None:
    approvals = OneApproval()
    problem = Refusal("You may not do that", why="the role is gone")
    release_claim(
        exchange(request=request(entry=EntryPoint.APPROVED), problem=problem), ports(approvals=approvals)
    )
    assert approvals.voided == ["You may not do that: the role is gone"]


@pytest.mark.parametrize("entry", [EntryPoint.CLICK, EntryPoint.APPROVED])
@pytest.mark.parametrize(
    ("action", "problem"),
    [
        pytest.param(DELETE, None, id="it-was-done"),
        pytest.param(DELETE, ResultUnseen("nothing can be posted"), id="the-bot-was-removed"),
        pytest.param(None, Refusal("unknown button"), id="it-was-not-understood"),
    ],
)
def test_otherwise_the_claim_stands(
    entry: EntryPoint, action: Action | None, problem: Problem | None
) -> None:
    offers, approvals = OneOffer(), OneApproval()
    subject = exchange(action, request=request(entry=entry), problem=problem)
    release_claim(subject, ports(offers=offers, approvals=approvals))
    assert offers.released == [] and approvals.voided == []


def test_a_claim_that_cannot_be_released_does_not_hide_the_problem() -> None:
    class Unreachable(OneApproval):
        def void(self, request: object, note: str) -> None:
            raise Problem("The database does not answer")

    problem = Refusal("You may not do that")
    subject = exchange(request=request(entry=EntryPoint.APPROVED), problem=problem)
    release_claim(subject, ports(approvals=Unreachable()))
    assert subject.problem is problem
