"""What takes long goes on in a workflow."""

from __future__ import annotations

import pytest

from bot.actions.service import LongRunning, Outcome
from bot.common.problems import Problem
from bot.requests.stages.begin_workflow import begin_workflow
from tests.unit.requests.exchanges import Workflows, exchange, ports

WORK = LongRunning(work="cluster.delete", input={"id": "u1"})


def test_a_long_running_result_begins_its_workflow_and_ends_the_attempt_open() -> None:
    workflows = Workflows()
    subject = exchange(result=WORK, project="shop")
    begin_workflow(subject, ports(long_running=workflows))
    assert workflows.begun == [WORK]
    assert subject.conclusion is not None and subject.conclusion.outcome is Outcome.OPEN


def test_any_other_result_is_left_to_be_shown() -> None:
    workflows = Workflows()
    subject = exchange(result="deleted")
    begin_workflow(subject, ports(long_running=workflows))
    assert workflows.begun == [] and subject.conclusion is None


def test_a_workflow_that_cannot_be_begun_leaves_the_request_to_its_next_attempt() -> None:
    class Unreachable(Workflows):
        def begin(self, *_arguments: object) -> None:  # type: ignore[override]
            raise Problem("it cannot be begun just now")

    with pytest.raises(Problem):
        begin_workflow(exchange(result=WORK), ports(long_running=Unreachable()))
