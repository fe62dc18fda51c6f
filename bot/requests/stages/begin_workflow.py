"""Hands a request whose work takes long to a workflow, so that no worker waits for it."""

from bot.actions.service import LongRunning
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def begin_workflow(exchange: Exchange, ports: Ports) -> None:
    """End this attempt, open: the pool handles the request again when the workflow has ended."""
    if isinstance(exchange.result, LongRunning):
        exchange.conclusion = ports.long_running.begin(
            exchange.request, exchange.action, exchange.project, exchange.result
        )
