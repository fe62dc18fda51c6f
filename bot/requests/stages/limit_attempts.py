"""Gives up a request that was begun again and again and never ended."""

from datetime import timedelta

from bot.common.problems import Problem
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports

# A request that takes its process down with it is given up after so many attempts, but not before it is so
# old: one that was merely there when others crashed is not to blame.
MOST_ATTEMPTS = 10
GIVE_UP_AFTER = timedelta(minutes=15)


class GivenUp(Problem):
    """A request was begun several times and never ended."""


def limit_attempts(exchange: Exchange, ports: Ports) -> None:
    """End the exchange of an audited request that is beyond both limits."""
    request = exchange.request
    if exchange.intent is None or exchange.attempt <= MOST_ATTEMPTS:
        return
    if ports.clock() - request.received > GIVE_UP_AFTER:
        again = f"To try again: `/xk8s {exchange.action.words()}`"
        exchange.problem = GivenUp(
            "This request was begun several times and never ended, so I gave it up",
            fix=f"Look for {request.reference} in the log. {again}",
        )
