"""Writes into the audit log what is about to be done."""

from bot.actions.action import Effect
from bot.common.problems import Problem
from bot.requests.exchange import Exchange
from bot.requests.outcomes import audit_subject
from bot.requests.ports import Ports


def record_intent(exchange: Exchange, ports: Ports) -> None:
    """End the exchange if the audit log cannot be written: then nothing is done. Talk is not audited."""
    if exchange.action.effect is Effect.TALK:
        return
    subject = audit_subject(exchange.request, exchange.action, exchange.project)
    with exchange.ending_on(Problem):
        exchange.resumed = not ports.audit.intend(subject)
        exchange.intent = subject
