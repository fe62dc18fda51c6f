"""Asks for the decision of a second person where a change needs one, and checks a decision that was made."""

from bot.actions.request import EntryPoint
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def approve(exchange: Exchange, ports: Ports) -> None:
    """End the exchange with the open approval, or with why an approved effect may not begin."""
    request, action = exchange.request, exchange.action
    with exchange.ending_on_any_error():
        if request.entry is EntryPoint.APPROVED:
            ports.approvals.start_effect(request, action, exchange.context())
        else:
            exchange.result = ports.approvals.request_approval(request, action, exchange.context())
