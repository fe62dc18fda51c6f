"""What needs no project and no audit: help and whoami."""

from __future__ import annotations

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument


class Help(Action):
    """The words one can type, all or of one topic."""

    name = "help"
    path = ("help",)
    effect = Effect.TALK
    summary = "the words one can type"
    example = "help template"
    topic: Annotated[str | None, Argument("TOPIC", values.text, optional=True)] = None


class WhoAmI(Action):
    """Who one is here, and what one may do."""

    name = "whoami"
    path = ("whoami",)
    effect = Effect.TALK
    summary = "your project and roles here, and what you may do"
    example = "whoami"
