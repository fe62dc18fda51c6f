"""Takes up a request whose work an earlier attempt has handed to a workflow."""

from __future__ import annotations

import dataclasses

from bot.requests.exchange import Exchange
from bot.requests.long_running import LongRunningOperations


@dataclasses.dataclass(frozen=True)
class ResumeWorkflow:
    """Ends the exchange if a workflow has the request: with its result, or still open."""

    long_running: LongRunningOperations

    def __call__(self, exchange: Exchange) -> None:
        if exchange.attempt > 1:
            exchange.conclusion = self.long_running.resume(exchange.request, exchange.answer)
