"""Requests that take longer than a worker should wait: the work goes on elsewhere, the answer comes at its
end.

A service returns `LongRunning`. Its audit intent stays open and its inbox entry too, but nobody works on it.
When the work ends, the end is kept and the entry is given back to the pool, so that some replica takes it by
lease and concludes it: outcome into the audit log (one per operation), the end into the thread (messages have
slots). Both may be done again after a crash, and neither shows twice.

    service ─► LongRunning ─► kept ─► begun (again after a crash: the operation's id makes it one)
                                      │  progress ─► the thread
                                      ▼
                              end kept, entry given back ─► pool ─► outcome ─► thread
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog

from bot.actions.action import Action
from bot.actions.request import Entry, IncomingRequest
from bot.actions.service import LongRunning, Outcome, Targeted
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import Answer, CannotAnswer, Conclusion
from bot.requests.outcomes import judged, subject
from storage.continuations import Continuation, ContinuationRepository
from storage.inbox import InboxEntry

log = structlog.get_logger(__name__)

Json = dict[str, Any]


class WorkflowStarter(Protocol):
    """Where work goes on."""

    def begin(self, work: str, *, operation: str, project: str, given: Json) -> None:
        """Begin some work; the same operation again is the same work. Raises `Problem`."""
        ...


class LongRunningOperations:
    """Begins what goes on elsewhere, and concludes it."""

    def __init__(
        self,
        repository: ContinuationRepository,
        *,
        audit: AuditLog,
        work: WorkflowStarter,
        decode: Callable[[Json], object],
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._audit = audit
        self._work = work
        self._decode = decode  # an end as it was kept, to the result or the `Problem` that it is
        self._now = now

    def begin(
        self, request: IncomingRequest, action: Action, project: str | None, made: LongRunning
    ) -> Conclusion:
        """Keep what goes on, and begin it. Raises `DatabaseError` and `Problem`: then it is begun at the
        next try.
        """
        lasting = _lasting(request)
        kept = self._repository.keep(
            Continuation(
                operation=request.operation,
                project=project or "",
                action=action.encode(),
                request=lasting.model_dump(mode="json"),
                work=made.work,
                input=dict(made.input),
                begun_at=self._now(),
            ),
            entry=_entry(lasting),
        )
        return self._begun(lasting, kept)

    def take_up(self, request: IncomingRequest, answer: Answer) -> Conclusion | None:
        """Conclude a request whose end is there, or begin again what may not have been begun.

        None if it is a request like any other. Raises what the answer's end raises, and `Problem` if the
        audit log cannot be written: then it is tried again.
        """
        kept = self._repository.get(request.operation)
        if kept is None:
            return None
        request = IncomingRequest.model_validate(kept.request)
        if kept.end is None:
            return self._begun(request, kept)
        ended = self._concluded(request, kept, kept.end)
        try:
            answer.finish(ended)
        except CannotAnswer as unable:  # the channel is gone or closed since: the audit log has the end
            log.warning("end not shown", operation=request.operation, why=unable.why)
        self._repository.conclude(request.operation, now=self._now())
        return ended

    def ended(self, operation: str) -> bool:
        """Whether the end of an operation's work is there."""
        return self._repository.ended(operation)

    def _begun(self, request: IncomingRequest, kept: Continuation) -> Conclusion:
        self._work.begin(kept.work, operation=kept.operation, project=kept.project, given=kept.input)
        return Conclusion(
            request=request,
            action=Action.decode(kept.action),
            project=kept.project,
            outcome=Outcome.OPEN,
            seconds=self._seconds(request),
        )

    def _concluded(self, request: IncomingRequest, kept: Continuation, end: Json) -> Conclusion:
        action = Action.decode(kept.action)
        found = self._decode(end)
        problem = found if isinstance(found, Problem) else None
        result = None if problem is not None else found
        outcome, detail = judged(result, problem)
        about = subject(request, action, kept.project)
        if isinstance(result, Targeted) and not about.target:
            about = dataclasses.replace(about, target=result.audit_target)
        seconds = ((kept.ended_at or self._now()) - request.received).total_seconds()
        self._audit.conclude(about, outcome=outcome, detail=detail, duration_ms=int(seconds * 1000))
        return Conclusion(
            request=request,
            action=action,
            project=kept.project,
            outcome=outcome,
            seconds=seconds,
            result=result,
            problem=problem,
        )

    def _seconds(self, request: IncomingRequest) -> float:
        return (self._now() - request.received).total_seconds()


class ProgressReporter:
    """What the work tells while it goes on: its progress into the thread, its end to whoever concludes it."""

    def __init__(
        self,
        repository: ContinuationRepository,
        *,
        answer: Callable[[IncomingRequest], Answer],
        wake: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._answer = answer
        self._wake = wake
        self._now = now

    def progress(self, operation: str, state: object) -> None:
        """Show an intermediate state of an operation. What cannot be shown is logged: the work goes on."""
        self._tell(operation, lambda request, answer: answer.progress(request, state))

    def changed(self, operation: str, name: str, state: object) -> None:
        """Say that an operation has come to a new state; again, and it is not said twice."""
        self._tell(operation, lambda request, answer: answer.changed(request, name, state))

    def _tell(self, operation: str, tell: Callable[[IncomingRequest, Answer], None]) -> None:
        kept = self._repository.get(operation)
        if kept is None or kept.end is not None:
            return
        request = IncomingRequest.model_validate(kept.request)
        try:
            tell(request, self._answer(request))
        except Problem as unable:
            log.warning("state not shown", operation=operation, what=unable.what, why=unable.why)

    def end(self, operation: str, end: Json) -> None:
        """Keep the end of an operation's work; whoever concludes requests is woken. Raises
        `DatabaseError`.
        """
        self._repository.end(operation, end=end, now=self._now())
        self._wake()


class DiscardedAnswer:
    """The `Answer` for a request of a terminal that is gone: the audit log has the end, nobody sees it."""

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """Nothing to make."""

    def progress(self, request: IncomingRequest, state: object) -> None:
        """Nobody to show it to."""

    def changed(self, request: IncomingRequest, name: str, state: object) -> None:
        """Nobody to show it to."""

    def finish(self, conclusion: Conclusion) -> None:
        """Nobody to show it to."""

    def reply_privately(self, conclusion: Conclusion) -> None:
        """Nobody to show it to."""


def answer_for(request: IncomingRequest, answer: Answer) -> Answer:
    """Where a request is answered by a replica: a terminal's nowhere, for it waits in its own process."""
    return DiscardedAnswer() if request.entry is Entry.TERMINAL else answer


def _lasting(request: IncomingRequest) -> IncomingRequest:
    """A request as it is kept: its response URL is dead before the work has ended."""
    return request.model_copy(update={"place": request.place.model_copy(update={"response_url": ""})})


def _entry(request: IncomingRequest) -> InboxEntry:
    return InboxEntry(
        key=request.key,
        operation=request.operation,
        payload=request.model_dump(mode="json"),
        received_at=request.received,
    )
