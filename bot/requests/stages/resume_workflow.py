"""Takes up a request whose work an earlier attempt has handed to a workflow."""

from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def resume_workflow(exchange: Exchange, ports: Ports) -> None:
    """End the exchange if a workflow has the request: with its end, or still open."""
    if exchange.attempt > 1:
        exchange.conclusion = ports.long_running.resume(exchange.request, exchange.answer)
