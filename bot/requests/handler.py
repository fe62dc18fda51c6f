"""One request, from its words to its answer: parse, authorise, audit around the service, show the end.

Safe to run again after a crash at any point: a read is repeated, a change goes on from its audit intent
(the service looks before it creates), and what was shown already is not shown twice.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.access.authorise import Asker, Grant
from bot.actions.action import Action, Effect
from bot.audit.log import AuditLog
from bot.problems import Problem, Refusal
from bot.requests.continuing import Continued, Continuing
from bot.requests.incoming import Entry, IncomingRequest
from bot.requests.outcomes import detail as detail_of
from bot.requests.outcomes import judged, subject
from bot.requests.outcomes import outcome as outcome_of
from bot.requests.service import Answer, CannotAnswer, Conclusion, Context, Outcome, Service, Targeted

log = structlog.get_logger(__name__)

# a request that takes its process down with it is given up after so many attempts, but not before it is
# so old: one that was merely there when others crashed is not to blame
MOST_ATTEMPTS = 10
GIVE_UP_AFTER = timedelta(minutes=15)


class Authorise(Protocol):
    """Decides over a request. Raises `Refusal`."""

    def authorise(self, action: Action, asker: Asker) -> Grant: ...


class Offers(Protocol):
    """What buttons and forms stand for, and where they were shown."""

    def resolve(self, request: IncomingRequest) -> tuple[IncomingRequest, Action]:
        """Return the request with its place filled in, and its action. Raises `Problem`."""
        ...


class NotAvailable(Refusal):
    """The words are known, their service is not there yet."""


class GivenUp(Problem):
    """A request was begun several times and never ended."""


class RequestHandler:
    """Handles requests, one at a time per call, on any thread."""

    def __init__(
        self,
        *,
        parse: Callable[[str], Action],
        offers: Offers,
        access: Authorise,
        audit: AuditLog,
        services: Mapping[str, Service],  # type: ignore[type-arg]
        continuing: Continuing,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._parse = parse
        self._offers = offers
        self._access = access
        self._audit = audit
        self._services = services
        self._continuing = continuing
        self._now = monotonic

    def handle(self, request: IncomingRequest, answer: Answer, *, attempt: int = 1) -> Conclusion:
        """Answer a request and return how it ended; its outcome is `OPEN` if it goes on elsewhere.

        Raises nothing but what the answer's end raises, and what kept work from being begun: try again then.
        """
        with structlog.contextvars.bound_contextvars(reference=request.reference, operation=request.operation):
            started = self._now()
            taken_up = self._continuing.take_up(request, answer) if attempt > 1 else None
            if taken_up is not None:
                return taken_up
            try:
                request, action = self._understand(request)
            except Problem as mistake:
                return self._whisper(request, answer, started, action=None, project=None, problem=mistake)
            return self._decide(request, action, answer, started, attempt)

    def _understand(self, request: IncomingRequest) -> tuple[IncomingRequest, Action]:
        if request.entry in (Entry.CLICK, Entry.FORM):
            return self._offers.resolve(request)
        return request, self._parse(request.text)

    def _decide(
        self, request: IncomingRequest, action: Action, answer: Answer, started: float, attempt: int
    ) -> Conclusion:
        try:
            grant = self._access.authorise(action, _asker(request))
        except Refusal as refusal:
            self._record_refusal(request, action, refusal)
            return self._whisper(request, answer, started, action=action, project=None, problem=refusal)
        service = self._services.get(action.name)
        if service is None:
            problem = NotAvailable(
                f"`{' '.join(action.path)}` is not available yet", fix="What is available stands in `/xk8s help`."
            )
            return self._whisper(request, answer, started, action=action, project=grant.project, problem=problem)
        if action.effect is Effect.TALK:
            return self._talk(request, action, grant, service, answer, started)
        return self._work(request, action, grant, service, answer, started, attempt)

    def _talk(
        self, request: IncomingRequest, action: Action, grant: Grant,
        service: Service[Action], answer: Answer, started: float,
    ) -> Conclusion:  # fmt: skip
        context = self._context(request, grant, answer, resumed=False)
        result, problem = self._serve(service, action, context)
        return self._whisper(
            request, answer, started, action=action, project=grant.project, problem=problem, result=result
        )

    def _work(
        self, request: IncomingRequest, action: Action, grant: Grant,
        service: Service[Action], answer: Answer, started: float, attempt: int,
    ) -> Conclusion:  # fmt: skip
        private = False
        try:
            answer.begin(request, action, grant.project)
        except CannotAnswer as unable:
            if action.effect is Effect.CHANGE:
                refusal = Refusal(f"{unable.what}, so nothing was started", why=unable.why, fix=unable.fix)
                self._record_refusal(request, action, refusal, project=grant.project)
                return self._whisper(request, answer, started, action=action, project=grant.project, problem=refusal)
            private = True
        ended = self._audited(request, action, grant, service, answer, started, attempt)
        if isinstance(ended.result, Continued):
            return self._continuing.begin(request, action, grant.project, ended.result)
        (answer.whisper if private else answer.finish)(ended)
        return ended

    def _audited(
        self, request: IncomingRequest, action: Action, grant: Grant,
        service: Service[Action], answer: Answer, started: float, attempt: int,
    ) -> Conclusion:  # fmt: skip
        about = subject(request, action, grant.project)
        result: object | None = None
        problem: Problem | None
        try:
            first = self._audit.intend(about)
            if attempt > MOST_ATTEMPTS and self._clock() - request.received > GIVE_UP_AFTER:
                result, problem = None, GivenUp(
                    "This request was begun several times and never ended, so I gave it up",
                    fix=f"Look for {request.reference} in the log. To try again: `/xk8s {action.words()}`",
                )  # fmt: skip
            else:
                context = self._context(request, grant, answer, resumed=not first)
                result, problem = self._serve(service, action, context)
            seconds = self._now() - started
            outcome, detail = judged(result, problem)
            if isinstance(result, Targeted) and not about.target:
                about = dataclasses.replace(about, target=result.audit_target)
            if not isinstance(result, Continued):
                self._audit.conclude(about, outcome=outcome, detail=detail, duration_ms=int(seconds * 1000))
        except Problem as unwritten:
            result, problem, outcome, seconds = None, unwritten, outcome_of(unwritten), self._now() - started
        return Conclusion(
            request=request, action=action, project=grant.project, outcome=outcome, seconds=seconds,
            result=result, problem=problem,
        )  # fmt: skip

    def _serve(
        self, service: Service[Action], action: Action, context: Context
    ) -> tuple[object | None, Problem | None]:
        try:
            return service(action, context), None
        except Problem as problem:
            log.info("request not done", action=action.name, what=problem.what, why=problem.why)
            return None, problem
        except Exception as error:
            log.exception("request failed", action=action.name)
            return None, Problem(
                "Something went wrong in me, not in your cluster",
                why=type(error).__name__,
                fix=f"Try again; if it stays, look for {context.reference} in my log.",
            )

    def _whisper(
        self, request: IncomingRequest, answer: Answer, started: float, *,
        action: Action | None, project: str | None, problem: Problem | None, result: object | None = None,
    ) -> Conclusion:  # fmt: skip
        ended = Conclusion(
            request=request, action=action, project=project, outcome=outcome_of(problem),
            seconds=self._now() - started, result=result, problem=problem,
        )  # fmt: skip
        answer.whisper(ended)
        return ended

    def _record_refusal(
        self, request: IncomingRequest, action: Action, refusal: Refusal, *, project: str | None = None
    ) -> None:
        if action.effect is Effect.TALK:
            return
        try:
            self._audit.conclude(
                subject(request, action, project), outcome=Outcome.REFUSED, detail=detail_of(refusal), duration_ms=0
            )
        except Problem as unwritten:
            log.error("refusal not audited", action=action.name, why=unwritten.why)

    def _context(self, request: IncomingRequest, grant: Grant, answer: Answer, *, resumed: bool) -> Context:
        return Context(
            operation=request.operation, reference=request.reference, person=request.person, place=request.place,
            project=grant.project, resumed=resumed, progress=lambda state: answer.progress(request, state),
        )  # fmt: skip


def _asker(request: IncomingRequest) -> Asker:
    place, person = request.place, request.person
    return Asker(person=person.id, team=person.team, bot=request.bot, channel=place.channel, direct=place.direct)
