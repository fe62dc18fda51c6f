"""Puts what was sent beside the words (a file with YAML) into the action."""

from bot.common.problems import Refusal
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def attach_files(exchange: Exchange, ports: Ports) -> None:
    """Refuse a file that cannot be used, at the first attempt.

    At a later one the file may be gone from Slack: the service then goes on from what it kept at the first.
    """
    try:
        exchange.understood = ports.attachments.complete(exchange.request, exchange.action)
    except Refusal as refusal:
        if exchange.attempt == 1:
            exchange.problem = refusal
