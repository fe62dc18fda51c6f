"""What a workflow reports is shown where its request is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.common.problems import Problem
from bot.requests.answer import Answer
from bot.requests.inbox import inbox_entry
from bot.requests.progress_reporter import ProgressReporter
from storage.database import Database
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository
from tests.unit.requests.exchanges import DELETE, NOW, RecordingAnswer, request


@pytest.fixture
def continuations(database: Database) -> LongRunningOperationRepository:
    repository = LongRunningOperationRepository(database)
    continuation = LongRunningOperation(
        operation=request().operation,
        project="shop",
        action=DELETE.encode(),
        request=request().model_dump(mode="json"),
        work="cluster.delete",
        input={},
        begun_at=NOW,
    )
    repository.create(continuation, entry=inbox_entry(request()))
    return repository


def reporter(
    repository: LongRunningOperationRepository, answer: Answer, wake: Callable[[], None] = lambda: None
) -> ProgressReporter:
    return ProgressReporter(repository, answer=lambda _request: answer, wake=wake, now=lambda: NOW)


def test_progress_and_new_states_go_to_the_answer(continuations: LongRunningOperationRepository) -> None:
    answer = RecordingAnswer()
    reports = reporter(continuations, answer)
    reports.report_progress(request().operation, "half")
    reports.report_state(request().operation, "copied", "all objects")
    assert answer.states == ["half", ("copied", "all objects")]


def test_an_operation_that_nobody_knows_is_not_shown(continuations: LongRunningOperationRepository) -> None:
    answer = RecordingAnswer()
    reporter(continuations, answer).report_progress("nobody", "half")
    assert answer.states == []


def test_after_the_end_nothing_more_is_shown(continuations: LongRunningOperationRepository) -> None:
    answer, woken = RecordingAnswer(), list[bool]()
    reports = reporter(continuations, answer, lambda: woken.append(True))
    reports.report_outcome(request().operation, {"result": "deleted"})
    reports.report_progress(request().operation, "late")
    assert woken == [True] and answer.states == []


def test_the_work_goes_on_if_a_state_cannot_be_shown(continuations: LongRunningOperationRepository) -> None:
    class Silent(RecordingAnswer):
        def report_progress(self, *_arguments: Any) -> None:
            raise Problem("Slack did not answer")

    reporter(continuations, Silent()).report_progress(request().operation, "half")
