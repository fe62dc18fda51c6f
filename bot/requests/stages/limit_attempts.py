"""Gives up a request that was begun again and again and never ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.common.problems import Problem
from bot.requests.exchange import Exchange

# A request that takes its process down with it is given up after so many attempts, but not before it is so
# old: one that was merely there when others crashed is not to blame.
MOST_ATTEMPTS = 10
GIVE_UP_AFTER = timedelta(minutes=15)


class GivenUp(Problem):
    """A request was begun several times and never ended."""


@dataclasses.dataclass(frozen=True)
class LimitAttempts:
    """Ends the exchange of an audited request beyond both limits."""

    clock: Callable[[], datetime]

    def __call__(self, exchange: Exchange) -> None:
        request = exchange.request
        if exchange.intent is None or exchange.attempt <= MOST_ATTEMPTS:
            return
        if self.clock() - request.received > GIVE_UP_AFTER:
            exchange.problem = GivenUp(
                "This request was begun several times and never ended, so I gave it up",
                fix=(
                    f"Look for {request.reference} in the log."
                    f" To try again: `/xk8s {exchange.action.words()}`"
                ),
            )
