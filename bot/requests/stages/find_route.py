"""Finds the service of an action."""

from bot.common.problems import Refusal
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


class NotAvailable(Refusal):
    """The words are known, and their service does not exist yet."""


def find_route(exchange: Exchange, ports: Ports) -> None:
    """Refuse an action without a service. From here on, what is told and audited names the project."""
    action = exchange.action
    exchange.project = exchange.grant.project if exchange.grant else None
    exchange.route = ports.routes.get(type(action))
    if exchange.route is None:
        exchange.problem = NotAvailable(
            f"`{' '.join(action.path)}` is not available yet", fix="What is available stands in `/xk8s help`."
        )
