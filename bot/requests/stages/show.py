"""Shows the end of a request where it was asked for."""

from bot.actions.action import Effect
from bot.actions.request import EntryPoint
from bot.requests.answer import CannotAnswer
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


def show(exchange: Exchange, _ports: Ports) -> None:
    """Show the answer to everybody, or to the asker alone.

    What was approved is everybody's business, also that it could not be done. What was only read is told
    privately where the bot may not post any more; the result of a change is not, so that is tried again.
    """
    answer, conclusion = exchange.answer, exchange.conclude()
    if exchange.private and exchange.request.entry is not EntryPoint.APPROVED:
        answer.reply_privately(conclusion)
        return
    try:
        answer.finish(conclusion)
    except CannotAnswer:
        if exchange.private or exchange.action.effect is Effect.CHANGE:
            raise
        answer.reply_privately(conclusion)
