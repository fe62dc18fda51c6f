"""The actions on the audit log."""

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action
from bot.actions.parameters import Flag, Option


class AuditList(Action):
    """Who did what, on what, when, and what came of it."""

    name = "audit.list"
    path = ("audit",)
    example = "audit --action template --since 24h"
    actor: Annotated[str | None, Option("--actor", "PERSON", values.text)] = None
    action: Annotated[str | None, Option("--action", "ACTION", values.name)] = None
    about: Annotated[str | None, Option("--target", "TARGET", values.text)] = None
    outcome: Annotated[str | None, Option("--outcome", "OUTCOME", values.name)] = None
    since: Annotated[str | None, Option("--since", "TIME", values.moment)] = None
    until: Annotated[str | None, Option("--until", "TIME", values.moment)] = None
    page: Annotated[int | None, Option("--page", "N", values.count)] = None


class AuditVerify(Action):
    """Has anybody tampered with the audit log?"""

    name = "audit.verify"
    example = "audit verify"
    anchor: Annotated[bool, Flag("--anchor")] = False
