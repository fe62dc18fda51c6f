"""Writes into the audit log what is about to be done."""

from __future__ import annotations

import dataclasses

from bot.actions.action import Effect
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.exchange import Exchange
from bot.requests.outcomes import audit_subject


@dataclasses.dataclass(frozen=True)
class RecordIntent:
    """Ends the exchange if the audit log cannot be written: then nothing is done. Talk is not audited."""

    audit: AuditLog

    def __call__(self, exchange: Exchange) -> None:
        if exchange.action.effect is Effect.TALK:
            return
        subject = audit_subject(exchange.request, exchange.action, exchange.project)
        with exchange.ending_on(Problem):
            exchange.resumed = not self.audit.intend(subject)
            exchange.intent = subject
