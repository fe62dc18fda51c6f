"""Makes the place where everybody reads the answer: a root message and its thread."""

from bot.actions.action import Effect
from bot.common.problems import Refusal
from bot.requests.answer import CannotAnswer
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


class ResultUnseen(Refusal):
    """Nothing can be posted where a change was asked for, so its result would not be seen."""


def open_thread(exchange: Exchange, _ports: Ports) -> None:
    """Open the thread, unless the action is answered to the asker alone.

    Where nothing can be posted a read is answered privately, and a change is refused before it starts.
    """
    action = exchange.action
    if action.effect is Effect.TALK or action.quiet:
        return
    try:
        exchange.answer.begin(exchange.request, action, exchange.project)
    except CannotAnswer as unable:
        if action.effect is Effect.CHANGE:
            exchange.problem = ResultUnseen(
                f"{unable.what}, so nothing was started", why=unable.why, fix=unable.fix
            )
    else:
        exchange.private = False
