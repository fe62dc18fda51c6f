"""The road of one request, from its words to its answer: the list of stages in `RequestPipeline`.

A request may be handled again after a crash at any point: a read is repeated, a change goes on from its audit
intent (the service looks at the target before it creates anything), and what was shown already is not shown
twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.routes import Routes
from bot.audit.log import AuditLog
from bot.requests.answer import Answer, Conclusion
from bot.requests.exchange import Exchange, Stage
from bot.requests.long_running import LongRunningOperations
from bot.requests.ports import AccessControl, ApprovalPort, Attachments, NoAttachments, Offers
from bot.requests.stages.approve import Approve
from bot.requests.stages.attach_files import AttachFiles
from bot.requests.stages.authorise import Authorise
from bot.requests.stages.begin_workflow import BeginWorkflow
from bot.requests.stages.claim_button import ClaimButton
from bot.requests.stages.find_route import FindRoute
from bot.requests.stages.limit_attempts import LimitAttempts
from bot.requests.stages.open_thread import open_thread
from bot.requests.stages.record_intent import RecordIntent
from bot.requests.stages.record_outcome import RecordOutcome
from bot.requests.stages.release_claim import ReleaseClaim
from bot.requests.stages.resume_workflow import ResumeWorkflow
from bot.requests.stages.serve import serve
from bot.requests.stages.show import show
from bot.requests.stages.understand import Understand


class RequestPipeline:
    """Handles one request per call, on any thread."""

    def __init__(
        self,
        *,
        parse: Callable[[str], Action],
        offers: Offers,
        approvals: ApprovalPort,
        access: AccessControl,
        audit: AuditLog,
        routes: Routes,
        long_running: LongRunningOperations,
        attachments: Attachments | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._monotonic = monotonic
        self.to_service: tuple[Stage, ...] = (
            ResumeWorkflow(long_running),  # a workflow of an earlier attempt: concluded, or begun again
            Understand(parse, offers, approvals),  # words, button, form or approved effect → action
            Authorise(access),  # the project, and whether this person may do it there
            ClaimButton(offers),  # a button that changes something counts once
            AttachFiles(attachments or NoAttachments()),  # what was sent beside the words
            FindRoute(routes),  # the service of the action
            open_thread,  # where everybody will read the answer
            RecordIntent(audit),  # nothing is done that is not in the audit log
            LimitAttempts(clock),  # a request that takes its process down is not begun for ever
            Approve(approvals),  # a second person decides, or has decided and nothing has changed since
            serve,  # the service
        )
        self.to_person: tuple[Stage, ...] = (
            RecordOutcome(audit),  # what came of it, unless a workflow goes on with it
            ReleaseClaim(offers, approvals),  # nothing came of it: the button may be pressed again
            BeginWorkflow(long_running),  # what takes long goes on elsewhere, and ends this attempt
            show,  # the answer
        )

    def handle(self, request: IncomingRequest, answer: Answer, *, attempt: int = 1) -> Conclusion:
        """Answer a request and return how it ended; the outcome is `OPEN` if a workflow goes on with it.

        Raises what the answer raises when it cannot be shown, and what keeps work from being begun or
        recorded at all: the request is then to be handled again.
        """
        exchange = Exchange(request=request, answer=answer, attempt=attempt)
        started = self._monotonic()
        with structlog.contextvars.bound_contextvars(
            reference=request.reference, operation=request.operation
        ):
            for stage in self.to_service:
                stage(exchange)
                if exchange.settled:
                    break
            exchange.seconds = self._monotonic() - started
            for stage in self.to_person:
                if exchange.conclusion is None:
                    stage(exchange)
        return exchange.conclude()
