"""Asks for the decision of a second person where a change needs one, and checks a decision that was made."""

from __future__ import annotations

import dataclasses

from bot.actions.request import Entry
from bot.requests.exchange import Exchange
from bot.requests.ports import ApprovalPort


@dataclasses.dataclass(frozen=True)
class Approve:
    """Ends the exchange with the open approval, or with why an approved effect may not begin."""

    approvals: ApprovalPort

    def __call__(self, exchange: Exchange) -> None:
        with exchange.ending_on_any_error():
            if exchange.request.entry is Entry.APPROVED:
                self.approvals.start_effect(exchange.request, exchange.action, exchange.context())
            else:
                exchange.result = self.approvals.request_approval(
                    exchange.request, exchange.action, exchange.context()
                )
