"""The road of one request, from its words to its answer: two lists of stages.

A request may be handled again after a crash at any point: a read is repeated, a change goes on from its audit
intent (the service looks at the target before it creates anything), and what was shown already is not shown
twice.
"""

import time
from collections.abc import Callable

import structlog

from bot.actions.request import IncomingRequest
from bot.requests.answer import Answer, Conclusion
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports
from bot.requests.stages.approve import approve
from bot.requests.stages.attach_files import attach_files
from bot.requests.stages.authorise import authorise
from bot.requests.stages.begin_workflow import begin_workflow
from bot.requests.stages.claim_button import claim_button
from bot.requests.stages.find_route import find_route
from bot.requests.stages.limit_attempts import limit_attempts
from bot.requests.stages.open_thread import open_thread
from bot.requests.stages.record_intent import record_intent
from bot.requests.stages.record_outcome import record_outcome
from bot.requests.stages.release_claim import release_claim
from bot.requests.stages.resume_workflow import resume_workflow
from bot.requests.stages.serve import serve
from bot.requests.stages.show import show
from bot.requests.stages.understand import understand

Stage = Callable[[Exchange, Ports], None]

TO_SERVICE: tuple[Stage, ...] = (
    resume_workflow,  # a workflow of an earlier attempt: concluded, or begun again
    understand,  # words, button, form or approved effect → action
    authorise,  # the project, and whether this person may do it there
    claim_button,  # a button that changes something counts once
    attach_files,  # what was sent beside the words
    find_route,  # the service of the action
    open_thread,  # where everybody will read the answer
    record_intent,  # nothing is done that is not in the audit log
    limit_attempts,  # a request that takes its process down is not begun for ever
    approve,  # a second person decides, or has decided and nothing has changed since
    serve,  # the service
)
TO_PERSON: tuple[Stage, ...] = (
    record_outcome,  # what came of it, unless a workflow goes on with it
    release_claim,  # nothing came of it: the button may be pressed again
    begin_workflow,  # what takes long goes on elsewhere, and ends this attempt
    show,  # the answer
)


class RequestPipeline:
    """Handles one request per call, on any thread."""

    def __init__(self, ports: Ports, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ports = ports
        self._monotonic = monotonic

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
            for stage in TO_SERVICE:
                stage(exchange, self._ports)
                if exchange.settled:
                    break
            exchange.seconds = self._monotonic() - started
            for stage in TO_PERSON:
                if exchange.conclusion is None:
                    stage(exchange, self._ports)
        return exchange.conclude()
