"""Writes into the audit log what came of a request, or that it was refused before it was begun."""

from __future__ import annotations

import dataclasses

import structlog

from bot.actions.action import Effect
from bot.actions.service import LongRunning, Outcome
from bot.audit.log import AuditLog, AuditSubject
from bot.common.problems import Problem, Refusal
from bot.requests.exchange import Exchange
from bot.requests.outcomes import audit_subject, detail_of, record_end
from bot.requests.stages.find_route import NotAvailable

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class RecordOutcome:
    """Leaves the intent of a long-running operation open: its end is recorded when it comes."""

    audit: AuditLog

    def __call__(self, exchange: Exchange) -> None:
        if exchange.intent is None:
            self._record_refusal(exchange)
        elif not isinstance(exchange.result, LongRunning):
            self._record_end(exchange, exchange.intent)

    def _record_end(self, exchange: Exchange, subject: AuditSubject) -> None:
        """An outcome that cannot be written is told in place of the result, which nobody may rely on."""
        try:
            record_end(
                self.audit,
                subject,
                result=exchange.result,
                problem=exchange.problem,
                seconds=exchange.seconds,
            )
        except Problem as unwritten:
            exchange.result, exchange.problem = None, unwritten

    def _record_refusal(self, exchange: Exchange) -> None:
        """Talk, words that mean nothing and words without a service are not audited."""
        action, refusal = exchange.understood, exchange.problem
        if action is None or action.effect is Effect.TALK:
            return
        if not isinstance(refusal, Refusal) or isinstance(refusal, NotAvailable):
            return
        subject = audit_subject(exchange.request, action, exchange.project)
        try:
            self.audit.conclude(subject, outcome=Outcome.REFUSED, detail=detail_of(refusal), duration_ms=0)
        except Problem as unwritten:
            log.error("refusal not audited", action=action.name, why=unwritten.why)
