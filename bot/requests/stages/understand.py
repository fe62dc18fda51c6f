"""Finds the action that a request asks for: typed, offered by a button or form, or approved earlier."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot.actions.action import Action
from bot.actions.request import Entry
from bot.common.problems import Problem
from bot.requests.exchange import Exchange
from bot.requests.ports import ApprovalPort, Offers


@dataclasses.dataclass(frozen=True)
class Understand:
    """Ends the exchange for words that mean nothing, and for buttons that are not known any more."""

    parse: Callable[[str], Action]
    offers: Offers
    approvals: ApprovalPort

    def __call__(self, exchange: Exchange) -> None:
        request = exchange.request
        with exchange.ending_on(Problem):
            if request.entry.by_offer:
                offer = self.offers.resolve(request)
                exchange.request, exchange.offered_in = offer.request, offer.project
                exchange.understood = offer.action
            elif request.entry is Entry.APPROVED:
                exchange.understood = self.approvals.approved_action(request)
            else:
                exchange.understood = self.parse(request.text)
