"""Ends that a test does not care about."""

from __future__ import annotations

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.service import Context
from bot.common.problems import Problem
from bot.requests.ports import ResolvedOffer


class NoOffers:
    """Nothing was offered."""

    def resolve(self, request: IncomingRequest) -> ResolvedOffer:
        raise Problem("no offers here")

    def take(self, request: IncomingRequest) -> bool:
        return True

    def give_back(self, request: IncomingRequest) -> None:
        pass


class NothingNeedsApproval:
    """No change needs a decision."""

    def approved_action(self, request: IncomingRequest) -> Action:
        raise Problem("nothing was approved")

    def request_approval(self, request: IncomingRequest, action: Action, context: Context) -> object | None:
        return None

    def start_effect(self, request: IncomingRequest, action: Action, context: Context) -> None:
        raise Problem("nothing was approved")

    def void(self, request: IncomingRequest, note: str) -> None:
        pass
