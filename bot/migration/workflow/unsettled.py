"""What the target did not take: named object by object, and tried again where somebody else was merely
writing.
"""

from __future__ import annotations

from bot.migration.copying import Record
from bot.migration.writing import Action
from bot.problems import Problem
from bot.wording import count, first_of

NAMED = 8  # objects that a pause names


class CopyIncomplete(Problem):
    """The target did not take some objects."""


class Unsettled(CopyIncomplete):
    """The same, because somebody wrote to them at the same moment: it may be tried again."""


def refuse_failures(record: Record, what: str, fix: str) -> None:
    """Raises `Unsettled` or `CopyIncomplete` if something was not taken."""
    failed = record.failures
    if not failed:
        return
    kind = Unsettled if any(each.action is Action.CONFLICT for each in failed) else CopyIncomplete
    raise kind(
        f"{what} {count(len(failed), 'object')}",
        why=first_of([f"{each.ref}: {each.why}" for each in failed], NAMED),
        fix=fix,
    )
