"""help and whoami."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot.access.authorise import Asker, Authoriser, WhoAmI
from bot.actions import talk
from bot.actions.describe import HelpPage, help_page
from bot.requests.service import Context


@dataclasses.dataclass(frozen=True)
class TalkServices:
    """The words that need no project."""

    authoriser: Authoriser
    available: Callable[[], frozenset[str]]  # names of the actions that have a service

    def help(self, action: talk.Help, _context: Context) -> HelpPage:
        """The words one can type."""
        return help_page(action.topic, available=self.available())

    def whoami(self, _action: talk.WhoAmI, context: Context) -> WhoAmI:
        """Who one is here."""
        asker = Asker(
            person=context.person.id,
            team=context.person.team,
            bot=False,
            channel=context.place.channel,
            direct=context.place.direct,
        )
        return self.authoriser.whoami(asker, context.project)
