"""What a workflow reports while it runs: progress and new states into the thread, its end into the inbox."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from bot.requests.answer import Answer
from storage.long_running_operations import LongRunningOperationRepository

log = structlog.get_logger(__name__)


class ProgressReporter:
    """Finds the request of an operation, and shows there what its workflow reports."""

    def __init__(
        self,
        repository: LongRunningOperationRepository,
        *,
        answer: Callable[[IncomingRequest], Answer],
        wake: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        """`wake` is called when an end is stored, so that the pool concludes its request at once."""
        self._repository = repository
        self._answer = answer
        self._wake = wake
        self._now = now

    def report_progress(self, operation: str, state: object) -> None:
        """Show an intermediate state. What cannot be shown is logged, and the work goes on."""
        self._show(operation, lambda request, answer: answer.report_progress(request, state))

    def report_state(self, operation: str, name: str, state: object) -> None:
        """Add a lasting note that the work has come to a new state; the same `name` is noted once."""
        self._show(operation, lambda request, answer: answer.report_state(request, name, state))

    def report_outcome(self, operation: str, outcome: dict[str, Any]) -> None:
        """Store the end of an operation's workflow. Raises `DatabaseError`."""
        self._repository.store_outcome(operation, outcome=outcome, now=self._now())
        self._wake()

    def _show(self, operation: str, show: Callable[[IncomingRequest, Answer], None]) -> None:
        continuation = self._repository.get(operation)
        if continuation is None or continuation.end is not None:
            return
        request = IncomingRequest.model_validate(continuation.request)
        try:
            show(request, self._answer(request))
        except Problem as unable:
            log.warning("state not shown", operation=operation, what=unable.what, why=unable.why)
