"""Finds the action that a request asks for: typed, offered by a button or form, or approved earlier."""

from bot.actions.request import EntryPoint
from bot.common.problems import Problem
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def understand(exchange: Exchange, ports: Ports) -> None:
    """End the exchange for words that mean nothing, and for buttons that are not known any more."""
    request = exchange.request
    with exchange.ending_on(Problem):
        if request.entry.by_offer:
            offer = ports.offers.resolve(request)
            exchange.request, exchange.offered_in = offer.request, offer.project
            exchange.understood = offer.action
        elif request.entry is EntryPoint.APPROVED:
            exchange.understood = ports.approvals.approved_action(request)
        else:
            exchange.understood = ports.parse(request.text)
