"""A request whose work a workflow has is not begun again."""

from __future__ import annotations

from bot.requests.stages.resume_workflow import resume_workflow
from tests.unit.requests.exchanges import Workflows, conclusion, exchange, ports, request


def test_the_first_attempt_has_no_workflow_to_ask_for() -> None:
    workflows = Workflows(ended=conclusion(request()))
    subject = exchange(attempt=1)
    resume_workflow(subject, ports(long_running=workflows))
    assert subject.conclusion is None and workflows.resumed == []


def test_a_later_attempt_ends_with_what_the_workflow_has_come_to() -> None:
    ended = conclusion(request())
    subject = exchange(attempt=2)
    resume_workflow(subject, ports(long_running=Workflows(ended=ended)))
    assert subject.conclusion is ended and subject.settled


def test_a_later_attempt_without_a_workflow_goes_on() -> None:
    subject = exchange(attempt=2)
    resume_workflow(subject, ports())
    assert not subject.settled
