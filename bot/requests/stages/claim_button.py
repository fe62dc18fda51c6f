"""Lets a button that changes something count once, whoever presses it."""

from bot.actions.action import Effect
from bot.common.problems import Refusal
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


class PressedAlready(Refusal):
    """A button that changes something has been pressed by somebody else."""


def claim_button(exchange: Exchange, ports: Ports) -> None:
    """Refuse a second press.

    A quiet action (a decision, a signal to a migration) is not claimed: what it changes decides by itself
    which press counts.
    """
    request, action = exchange.request, exchange.action
    if not request.entry.by_offer or action.effect is not Effect.CHANGE or action.quiet:
        return
    if not ports.offers.take(request):
        exchange.problem = PressedAlready(
            "This button has been pressed already", fix=f"To do it again: `/xk8s {action.words()}`"
        )
