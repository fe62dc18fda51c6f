"""The actions that need no project and are not audited: help and whoami."""

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument


class Help(Action):
    """The words one can type.

    All of them, or those of one topic.
    """

    name = "help"
    effect = Effect.TALK
    example = "help template"
    topic: Annotated[str | None, Argument("TOPIC", values.text)] = None


class WhoAmI(Action):
    """Your project and roles here, and what you may do."""

    name = "whoami"
    effect = Effect.TALK
    example = "whoami"
