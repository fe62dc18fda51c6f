"""Frees what a request had claimed when nothing came of it: its button, or its approval."""

import structlog

from bot.actions.request import EntryPoint
from bot.common.problems import Problem
from bot.requests.exchange import Exchange
from bot.requests.outcomes import detail_of
from bot.requests.ports import Ports
from bot.requests.stages.open_thread import ResultUnseen

log = structlog.get_logger(__name__)


def release_claim(exchange: Exchange, ports: Ports) -> None:
    """Let a button be pressed again, and void an approval whose effect has not begun.

    An approval does not become void because the bot was removed from a channel: its effect is tried again
    until the bot is invited back.
    """
    request, problem = exchange.request, exchange.problem
    if problem is None or exchange.understood is None or isinstance(problem, ResultUnseen):
        return
    try:
        if request.entry is EntryPoint.APPROVED:
            ports.approvals.void(request, detail_of(problem))
        elif request.entry.by_offer:
            ports.offers.give_back(request)
    except Problem as unwritten:
        log.error("claim not released", operation=request.operation, why=unwritten.why)
