"""Hands a request whose work takes long to a workflow, so that no worker waits for it."""

from __future__ import annotations

import dataclasses

from bot.actions.service import LongRunning
from bot.requests.exchange import Exchange
from bot.requests.long_running import LongRunningOperations


@dataclasses.dataclass(frozen=True)
class BeginWorkflow:
    """Ends this attempt, open: the pool handles the request again when the workflow has ended."""

    long_running: LongRunningOperations

    def __call__(self, exchange: Exchange) -> None:
        if isinstance(exchange.result, LongRunning):
            exchange.conclusion = self.long_running.begin(
                exchange.request, exchange.action, exchange.project, exchange.result
            )
