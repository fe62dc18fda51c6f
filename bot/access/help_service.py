"""help and whoami."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot.access.authorisation import AccessSummary, Asker, Authoriser
from bot.actions import help_words
from bot.actions.help_pages import HelpPage, help_page
from bot.actions.routes import Route, Routes
from bot.actions.service import Context


@dataclasses.dataclass(frozen=True)
class HelpServices:
    """The words that need no project."""

    authoriser: Authoriser
    available: Callable[[], frozenset[str]]  # names of the actions that have a service

    def help(self, action: help_words.Help, _context: Context) -> HelpPage:
        """The words one can type."""
        return help_page(action.topic, available=self.available())

    def whoami(self, _action: help_words.WhoAmI, context: Context) -> AccessSummary:
        """Who one is here."""
        return self.authoriser.whoami(Asker.of(context.person, context.place), context.project)


def routes(services: HelpServices) -> Routes:
    """Return the routes of `help` and `whoami`."""
    return Routes(Route(help_words.Help, services.help), Route(help_words.WhoAmI, services.whoami))
