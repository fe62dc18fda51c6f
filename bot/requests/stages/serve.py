"""Has the service do what is asked for."""

from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def serve(exchange: Exchange, _ports: Ports) -> None:
    """Call the service of the action; its result, or its error, is the end of the exchange."""
    if exchange.route is None:
        raise LookupError("the request has no route yet")
    with exchange.ending_on_any_error():
        exchange.result = exchange.route.service(exchange.action, exchange.context())
