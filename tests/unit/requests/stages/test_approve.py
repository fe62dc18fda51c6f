"""A second person decides before a change is done."""

from __future__ import annotations

from bot.actions.request import EntryPoint
from bot.common.problems import Refusal
from bot.requests.stages.approve import approve
from tests.unit.requests.exchanges import DELETE, OneApproval, exchange, ports, request


def test_a_change_that_needs_a_decision_ends_with_the_open_approval() -> None:
    subject = exchange()
    approve(subject, ports(approvals=OneApproval(pending="waits")))
    assert subject.result == "waits" and subject.settled


def test_a_change_that_needs_none_goes_on() -> None:
    subject = exchange()
    approve(subject, ports(approvals=OneApproval()))
    assert not subject.settled


def test_an_approved_effect_is_marked_as_begun_and_goes_on() -> None:
    approvals = OneApproval(pending="never asked for")
    subject = exchange(request=request(entry=EntryPoint.APPROVED))
    approve(subject, ports(approvals=approvals))
    assert approvals.started == [DELETE] and not subject.settled


def test_an_approval_of_something_else_ends_the_exchange() -> None:
    refusal = Refusal("What was approved has changed since")
    subject = exchange(request=request(entry=EntryPoint.APPROVED))
    approve(subject, ports(approvals=OneApproval(refusal=refusal)))
    assert subject.problem is refusal
