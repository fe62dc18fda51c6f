"""The services of `help` and `whoami`, which need no project."""

import dataclasses
from collections.abc import Callable

from bot.access.authorisation import AccessSummary, Asker, Authoriser
from bot.actions.help_pages import HelpPage, help_page
from bot.actions.help_words import Help, WhoAmI
from bot.actions.routes import Route, Routes
from bot.actions.service import Context


@dataclasses.dataclass(frozen=True)
class HelpServices:
    """The words that need no project."""

    authoriser: Authoriser
    available: Callable[[], frozenset[str]]  # names of the actions that have a service

    def help(self, action: Help, _context: Context) -> HelpPage:
        """Return the words one can type. Raises `Mistake` for a topic that does not exist."""
        return help_page(action.topic, available=self.available())

    def whoami(self, _action: WhoAmI, context: Context) -> AccessSummary:
        """Return the project and roles of the asker, and what these allow."""
        return self.authoriser.whoami(Asker.of(context.person, context.place), context.project)


def routes(services: HelpServices) -> Routes:
    """Return the routes of `help` and `whoami`."""
    return Routes(Route(Help, services.help), Route(WhoAmI, services.whoami))
