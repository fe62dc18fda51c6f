"""One request on its way through the stages of the pipeline.

A stage reads what earlier stages have set, and sets its own part. It ends the way to the service by setting
`problem`, `result` or `conclusion`. A stage that raises leaves the request to its next attempt, so an error
that a person must read becomes `problem` instead.
"""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import structlog

from bot.access.authorisation import Grant
from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.routes import Route
from bot.actions.service import Context
from bot.audit.log import AuditSubject
from bot.common.problems import Problem
from bot.requests.answer import Answer, Conclusion
from bot.requests.outcomes import judge

log = structlog.get_logger(__name__)


@dataclasses.dataclass(kw_only=True)
class Exchange:
    """A request, where it is answered, and what has become of it so far."""

    request: IncomingRequest
    answer: Answer
    attempt: int  # 1 at first; more after a crash, or after an error that another attempt may not meet
    understood: Action | None = None
    offered_in: str | None = None  # the project in which the button or form was shown
    grant: Grant | None = None
    route: Route[Any] | None = None
    project: str | None = None  # set with the route: what ends before is told and audited without a project
    intent: AuditSubject | None = None  # None while no intent is in the audit log
    resumed: bool = False  # an earlier attempt wrote the intent
    private: bool = True  # False once there is a place where everybody reads the answer
    result: object | None = None
    problem: Problem | None = None
    seconds: float = 0.0  # from the beginning to the end of the work
    conclusion: Conclusion | None = None

    @property
    def action(self) -> Action:
        """What is asked for. Raises `LookupError` before the request is understood."""
        if self.understood is None:
            raise LookupError("the request is not understood yet")
        return self.understood

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be done before the outcome is recorded and shown."""
        return any(part is not None for part in (self.problem, self.result, self.conclusion))

    def context(self) -> Context:
        """What the service may know about the request."""
        request, answer = self.request, self.answer
        return Context(
            operation=request.operation,
            reference=request.reference,
            person=request.person,
            place=request.place,
            project=self.project,
            resumed=self.resumed,
            progress=lambda state: answer.report_progress(request, state),
        )

    def conclude(self) -> Conclusion:
        """The end of the request, from its result or problem unless a stage has set another."""
        if self.conclusion is None:
            self.conclusion = Conclusion(
                request=self.request,
                action=self.understood,
                project=self.project,
                outcome=judge(self.result, self.problem)[0],
                seconds=self.seconds,
                result=self.result,
                problem=self.problem,
            )
        return self.conclusion

    @contextlib.contextmanager
    def ending_on(self, kind: type[Problem]) -> Iterator[None]:
        """Make an error of this kind the end of the exchange."""
        try:
            yield
        except kind as problem:
            self.problem = problem

    @contextlib.contextmanager
    def ending_on_any_error(self) -> Iterator[None]:
        """Make any error the end of the exchange; what a defect says is for the log alone."""
        try:
            yield
        except Problem as problem:
            log.info("request not done", action=self.action.name, what=problem.what, why=problem.why)
            self.problem = problem
        except Exception as error:
            log.exception("request failed", action=self.action.name)
            self.problem = Problem(
                "Something went wrong in me, not in your cluster",
                why=type(error).__name__,
                fix=f"Try again; if it stays, look for {self.request.reference} in my log.",
            )
