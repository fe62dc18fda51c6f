"""Decides in which project a request acts, and whether this person may do it there."""

from bot.access.authorisation import Asker
from bot.common.problems import Refusal
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports


class OfferedElsewhere(Refusal):
    """A button of one project was pressed in a channel of another."""


def authorise(exchange: Exchange, ports: Ports) -> None:
    """Refuse whoever lacks the role. A button is authorised again on every click, in its own project."""
    request = exchange.request
    with exchange.ending_on(Refusal):
        asker = Asker.of(request.person, request.place, bot=request.bot)
        grant = ports.access.authorise(exchange.action, asker)
        if exchange.offered_in is not None and grant.project != exchange.offered_in:
            raise OfferedElsewhere(
                "This button belongs to another project", fix="Press it in the channel where it was shown."
            )
        exchange.grant = grant
