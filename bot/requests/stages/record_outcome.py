"""Writes into the audit log what came of a request, or that it was refused before it was begun."""

import structlog

from bot.actions.action import Effect
from bot.actions.service import LongRunning, Outcome
from bot.common.problems import Problem, Refusal
from bot.requests.exchange import Exchange
from bot.requests.outcomes import audit_subject, detail_of, record_end
from bot.requests.ports import Ports
from bot.requests.stages.find_route import NotAvailable

log = structlog.get_logger(__name__)


def record_outcome(exchange: Exchange, ports: Ports) -> None:
    """Close the intent, unless a workflow goes on: its end is recorded when it comes.

    An outcome that cannot be written is told in place of the result, which nobody may rely on.
    """
    if exchange.intent is None:
        _record_refusal(exchange, ports)
    elif not isinstance(exchange.result, LongRunning):
        result, problem = exchange.result, exchange.problem
        try:
            record_end(ports.audit, exchange.intent, result=result, problem=problem, seconds=exchange.seconds)
        except Problem as unwritten:
            exchange.result, exchange.problem = None, unwritten


def _record_refusal(exchange: Exchange, ports: Ports) -> None:
    """Record a refusal; talk, words that mean nothing and words without a service are not audited."""
    action, refusal = exchange.understood, exchange.problem
    if action is None or action.effect is Effect.TALK:
        return
    if not isinstance(refusal, Refusal) or isinstance(refusal, NotAvailable):
        return
    subject = audit_subject(exchange.request, action, exchange.project)
    try:
        ports.audit.conclude(subject, outcome=Outcome.REFUSED, detail=detail_of(refusal), duration_ms=0)
    except Problem as unwritten:
        log.error("refusal not audited", action=action.name, why=unwritten.why)
