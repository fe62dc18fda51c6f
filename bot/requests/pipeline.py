"""One request, from its words to its answer: parse, authorise, audit around the service, show the end.

Safe to run again after a crash at any point: a read is repeated, a change goes on from its audit intent
(the service looks before it creates), and what was shown already is not shown twice.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from bot.access.authorisation import Asker, Grant
from bot.actions.action import Action, Effect
from bot.actions.request import Entry, IncomingRequest
from bot.actions.service import Context, LongRunning, Outcome, Service, Targeted
from bot.audit.log import AuditLog
from bot.common.problems import Problem, Refusal
from bot.requests.answer import Answer, CannotAnswer, Conclusion
from bot.requests.long_running import LongRunningOperations
from bot.requests.outcomes import detail as detail_of
from bot.requests.outcomes import judged, subject
from bot.requests.outcomes import outcome as outcome_of
from bot.requests.ports import ApprovalPort, Attachments, Authorise, NoAttachments, Offered, Offers

log = structlog.get_logger(__name__)

# a request that takes its process down with it is given up after so many attempts, but not before it is
# so old: one that was merely there when others crashed is not to blame
MOST_ATTEMPTS = 10
GIVE_UP_AFTER = timedelta(minutes=15)


class NotAvailable(Refusal):
    """The words are known, their service is not there yet."""


class PressedAlready(Refusal):
    """A button that changes something has been pressed by somebody else."""


class ElsewhereOffered(Refusal):
    """A button of one project was pressed in a channel of another."""


class GivenUp(Problem):
    """A request was begun several times and never ended."""


class RequestHandler:
    """Handles requests, one at a time per call, on any thread."""

    def __init__(
        self,
        *,
        parse: Callable[[str], Action],
        offers: Offers,
        approvals: ApprovalPort,
        access: Authorise,
        audit: AuditLog,
        services: Mapping[str, Service],  # type: ignore[type-arg]
        continuing: LongRunningOperations,
        attachments: Attachments | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._parse = parse
        self._offers = offers
        self._approvals = approvals
        self._access = access
        self._audit = audit
        self._services = services
        self._continuing = continuing
        self._attachments = attachments or NoAttachments()
        self._now = monotonic

    def handle(self, request: IncomingRequest, answer: Answer, *, attempt: int = 1) -> Conclusion:
        """Answer a request and return how it ended; its outcome is `OPEN` if it goes on elsewhere.

        Raises nothing but what the answer's end raises, and what kept work from being begun: try again then.
        """
        with structlog.contextvars.bound_contextvars(
            reference=request.reference, operation=request.operation
        ):
            started = self._now()
            taken_up = self._continuing.take_up(request, answer) if attempt > 1 else None
            if taken_up is not None:
                return taken_up
            try:
                offered = self._understand(request)
            except Problem as mistake:
                return self._whisper(request, answer, started, action=None, project=None, problem=mistake)
            return self._decide(offered, answer, started, attempt)

    def _understand(self, request: IncomingRequest) -> Offered:
        if request.entry.by_offer:
            return self._offers.resolve(request)
        if request.entry is Entry.APPROVED:
            return Offered(request=request, action=self._approvals.resolve(request), project=None)
        return Offered(request=request, action=self._parse(request.text), project=None)

    def _decide(self, offered: Offered, answer: Answer, started: float, attempt: int) -> Conclusion:
        request, action = offered.request, offered.action
        try:
            grant = self._access.authorise(action, _asker(request))
            self._refuse_elsewhere(offered, grant)
            self._take(request, action)
            action = self._completed(request, action, attempt)
        except Refusal as refusal:
            self._record_refusal(request, action, refusal)
            self._give_up(request, refusal)
            return self._whisper(request, answer, started, action=action, project=None, problem=refusal)
        service = self._services.get(action.name)
        if service is None:
            problem = NotAvailable(
                f"`{' '.join(action.path)}` is not available yet",
                fix="What is available stands in `/xk8s help`.",
            )
            return self._whisper(
                request, answer, started, action=action, project=grant.project, problem=problem
            )
        if action.effect is Effect.TALK:
            return self._talk(request, action, grant, service, answer, started)
        return self._work(request, action, grant, service, answer, started, attempt)

    def _refuse_elsewhere(self, offered: Offered, grant: Grant) -> None:
        if offered.project is not None and grant.project != offered.project:
            raise ElsewhereOffered(
                "This button belongs to another project", fix="Press it in the channel where it was shown."
            )

    def _take(self, request: IncomingRequest, action: Action) -> None:
        """A button that changes something counts once. Quiet ones are decided over where they lead to."""
        if not request.entry.by_offer or action.effect is not Effect.CHANGE or action.quiet:
            return
        if not self._offers.take(request):
            raise PressedAlready(
                "This button has been pressed already", fix=f"To do it again: `/xk8s {action.words()}`"
            )

    def _completed(self, request: IncomingRequest, action: Action, attempt: int) -> Action:
        """The action with what was sent along. Raises `Refusal` for what cannot be taken.

        A file may be gone at a second attempt; then the service goes on from what it kept at the first.
        """
        try:
            return self._attachments.complete(request, action)
        except Refusal:
            if attempt == 1:
                raise
            return action

    def _give_up(self, request: IncomingRequest, problem: Problem) -> None:
        """Nothing came of it: a button may be pressed again, an approval that has not begun is void."""
        try:
            if request.entry is Entry.APPROVED:
                self._approvals.give_up(request, detail_of(problem))
            elif request.entry.by_offer:
                self._offers.give_back(request)
        except Problem as unwritten:
            log.error("not given up", operation=request.operation, why=unwritten.why)

    def _talk(
        self,
        request: IncomingRequest,
        action: Action,
        grant: Grant,
        service: Service[Action],
        answer: Answer,
        started: float,
    ) -> Conclusion:
        context = self._context(request, grant, answer, resumed=False)
        result, problem = self._serve(service, action, context)
        return self._whisper(
            request, answer, started, action=action, project=grant.project, problem=problem, result=result
        )

    def _work(
        self,
        request: IncomingRequest,
        action: Action,
        grant: Grant,
        service: Service[Action],
        answer: Answer,
        started: float,
        attempt: int,
    ) -> Conclusion:
        private = action.quiet
        try:
            if not private:
                answer.begin(request, action, grant.project)
        except CannotAnswer as unable:
            if action.effect is Effect.CHANGE:
                refusal = Refusal(f"{unable.what}, so nothing was started", why=unable.why, fix=unable.fix)
                self._record_refusal(request, action, refusal, project=grant.project)
                return self._whisper(
                    request, answer, started, action=action, project=grant.project, problem=refusal
                )
            private = True
        ended = self._audited(request, action, grant, service, answer, started, attempt)
        if ended.problem is not None:
            self._give_up(request, ended.problem)
        if isinstance(ended.result, LongRunning):
            return self._continuing.begin(request, action, grant.project, ended.result)
        self._show(ended, action, answer, private=private)
        return ended

    def _show(self, ended: Conclusion, action: Action, answer: Answer, *, private: bool) -> None:
        """To everybody; what was only read, to the asker alone where the bot may not post."""
        if private:
            answer.reply_privately(ended)
            return
        try:
            answer.finish(ended)
        except CannotAnswer:
            if action.effect is Effect.CHANGE:
                raise
            answer.reply_privately(ended)

    def _audited(
        self,
        request: IncomingRequest,
        action: Action,
        grant: Grant,
        service: Service[Action],
        answer: Answer,
        started: float,
        attempt: int,
    ) -> Conclusion:
        about = subject(request, action, grant.project)
        result: object | None = None
        problem: Problem | None
        try:
            first = self._audit.intend(about)
            if attempt > MOST_ATTEMPTS and self._clock() - request.received > GIVE_UP_AFTER:
                result, problem = (
                    None,
                    GivenUp(
                        "This request was begun several times and never ended, so I gave it up",
                        fix=(
                            f"Look for {request.reference} in the log. To try again: `/xk8s {action.words()}`"
                        ),
                    ),
                )
            else:
                context = self._context(request, grant, answer, resumed=not first)
                result, problem = self._serve(self._gated(request, service), action, context)
            seconds = self._now() - started
            outcome, detail = judged(result, problem)
            if isinstance(result, Targeted) and not about.target:
                about = dataclasses.replace(about, target=result.audit_target)
            if not isinstance(result, LongRunning):
                self._audit.conclude(about, outcome=outcome, detail=detail, duration_ms=int(seconds * 1000))
        except Problem as unwritten:
            result, problem, outcome, seconds = None, unwritten, outcome_of(unwritten), self._now() - started
        return Conclusion(
            request=request,
            action=action,
            project=grant.project,
            outcome=outcome,
            seconds=seconds,
            result=result,
            problem=problem,
        )

    def _gated(self, request: IncomingRequest, service: Service[Action]) -> Service[Action]:
        """The service behind its approval: asked for where it is needed, checked once more where it was
        given.
        """

        def served(action: Action, context: Context, /) -> object:
            if request.entry is Entry.APPROVED:
                self._approvals.start(request, action, context)
                return service(action, context)
            asked = self._approvals.demand(request, action, context)
            return service(action, context) if asked is None else asked

        return served

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
        self,
        request: IncomingRequest,
        answer: Answer,
        started: float,
        *,
        action: Action | None,
        project: str | None,
        problem: Problem | None,
        result: object | None = None,
    ) -> Conclusion:
        ended = Conclusion(
            request=request,
            action=action,
            project=project,
            outcome=outcome_of(problem),
            seconds=self._now() - started,
            result=result,
            problem=problem,
        )
        # what was approved is everybody's business, also that it could not be done
        (answer.finish if request.entry is Entry.APPROVED else answer.reply_privately)(ended)
        return ended

    def _record_refusal(
        self, request: IncomingRequest, action: Action, refusal: Refusal, *, project: str | None = None
    ) -> None:
        if action.effect is Effect.TALK:
            return
        try:
            self._audit.conclude(
                subject(request, action, project),
                outcome=Outcome.REFUSED,
                detail=detail_of(refusal),
                duration_ms=0,
            )
        except Problem as unwritten:
            log.error("refusal not audited", action=action.name, why=unwritten.why)

    def _context(self, request: IncomingRequest, grant: Grant, answer: Answer, *, resumed: bool) -> Context:
        return Context(
            operation=request.operation,
            reference=request.reference,
            person=request.person,
            place=request.place,
            project=grant.project,
            resumed=resumed,
            progress=lambda state: answer.progress(request, state),
        )


def _asker(request: IncomingRequest) -> Asker:
    place, person = request.place, request.person
    direct = place.direct or not place.channel  # the App Home is in no channel
    return Asker(person=person.id, team=person.team, bot=request.bot, channel=place.channel, direct=direct)
