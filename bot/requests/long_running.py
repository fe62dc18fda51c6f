"""Requests that take longer than a worker should wait: a workflow does the work, the answer comes at its end.

A service returns `LongRunning`. The audit intent of its request stays open and its inbox entry too, but no
worker holds it. When the workflow ends, its end is stored and the entry is given back to the pool, so that
some replica leases it and concludes it: outcome into the audit log (one per operation), end into the thread
(messages have slots). Both may happen again after a crash, and neither shows twice.

    service ─► LongRunning ─► stored ─► begun (again after a crash: the operation's id makes it one)
                                        │  progress ─► the thread
                                        ▼
                            end stored, entry given back ─► pool ─► outcome ─► thread
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.service import LongRunning, Outcome
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import Answer, CannotAnswer, Conclusion
from bot.requests.inbox import inbox_entry
from bot.requests.outcomes import audit_subject, judge, record_end
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository

log = structlog.get_logger(__name__)

Json = dict[str, Any]


class WorkflowStarter(Protocol):
    """Where workflows run: the durable runtime, or a terminal for as long as it waits."""

    def start_workflow(self, work: str, *, operation: str, project: str, workflow_input: Json) -> None:
        """Begin the workflow called `work` with its input; the same operation again is the same workflow.

        Raises `Problem`.
        """
        ...


class LongRunningOperations:
    """Begins the workflows of requests, and concludes the requests when their workflows have ended."""

    def __init__(
        self,
        repository: LongRunningOperationRepository,
        *,
        audit: AuditLog,
        workflows: WorkflowStarter,
        decode: Callable[[Json], object],
        now: Callable[[], datetime],
    ) -> None:
        """`decode` makes the result or the `Problem` of an end as it is stored."""
        self._repository = repository
        self._audit = audit
        self._workflows = workflows
        self._decode = decode
        self._now = now

    def begin(
        self, request: IncomingRequest, action: Action, project: str | None, work: LongRunning
    ) -> Conclusion:
        """Store what goes on, and begin it; the conclusion is open.

        Raises `DatabaseError` and `Problem`: it is then begun at the next attempt.
        """
        # the response URL is dead before the work has ended, so it is not stored
        place = request.place.model_copy(update={"response_url": ""})
        request = request.model_copy(update={"place": place})
        continuation = LongRunningOperation(
            operation=request.operation,
            project=project or "",
            action=action.encode(),
            request=request.model_dump(mode="json"),
            work=work.work,
            input=dict(work.input),
            begun_at=self._now(),
        )
        return self._begin(request, self._repository.create(continuation, entry=inbox_entry(request)))

    def resume(self, request: IncomingRequest, answer: Answer) -> Conclusion | None:
        """Conclude a request whose workflow has ended, or begin again one that may not have begun.

        Returns None for a request that has no workflow. Raises what the answer raises, and `Problem` if the
        audit log cannot be written: it is then tried again.
        """
        continuation = self._repository.get(request.operation)
        if continuation is None:
            return None
        request = IncomingRequest.model_validate(continuation.request)
        if continuation.end is None:
            return self._begin(request, continuation)
        conclusion = self._conclude(request, continuation, continuation.end)
        try:
            answer.finish(conclusion)
        except CannotAnswer as unable:  # the channel is gone or closed since: the audit log has the end
            log.warning("end not shown", operation=request.operation, why=unable.why)
        self._repository.conclude(request.operation, now=self._now())
        return conclusion

    def ended(self, operation: str) -> bool:
        """Whether the end of an operation's workflow is stored."""
        return self._repository.has_outcome(operation)

    def _begin(self, request: IncomingRequest, continuation: LongRunningOperation) -> Conclusion:
        self._workflows.start_workflow(
            continuation.work,
            operation=continuation.operation,
            project=continuation.project,
            workflow_input=continuation.input,
        )
        return Conclusion(
            request=request,
            action=Action.decode(continuation.action),
            project=continuation.project,
            outcome=Outcome.OPEN,
            seconds=(self._now() - request.received).total_seconds(),
        )

    def _conclude(
        self, request: IncomingRequest, continuation: LongRunningOperation, end: Json
    ) -> Conclusion:
        action, decoded = Action.decode(continuation.action), self._decode(end)
        problem = decoded if isinstance(decoded, Problem) else None
        result = None if problem is not None else decoded
        seconds = ((continuation.ended_at or self._now()) - request.received).total_seconds()
        subject = audit_subject(request, action, continuation.project)
        record_end(self._audit, subject, result=result, problem=problem, seconds=seconds)
        return Conclusion(
            request=request,
            action=action,
            project=continuation.project,
            outcome=judge(result, problem)[0],
            seconds=seconds,
            result=result,
            problem=problem,
        )
