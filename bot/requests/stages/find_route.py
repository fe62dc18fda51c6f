"""Finds the service of an action."""

from __future__ import annotations

import dataclasses

from bot.actions.routes import Routes
from bot.common.problems import Refusal
from bot.requests.exchange import Exchange


class NotAvailable(Refusal):
    """The words are known, and their service does not exist yet."""


@dataclasses.dataclass(frozen=True)
class FindRoute:
    """Refuses an action without a service. From here on, what is told and audited names the project."""

    routes: Routes

    def __call__(self, exchange: Exchange) -> None:
        action = exchange.action
        exchange.project = exchange.grant.project if exchange.grant else None
        exchange.route = self.routes.get(type(action))
        if exchange.route is None:
            exchange.problem = NotAvailable(
                f"`{' '.join(action.path)}` is not available yet",
                fix="What is available stands in `/xk8s help`.",
            )
