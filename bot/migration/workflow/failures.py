"""What the target did not take: named object by object, and tried again where somebody else was merely
writing.
"""

from __future__ import annotations

from bot.common.problems import Problem
from bot.common.wording import count, first_of
from bot.migration.copy.copier import CopyRecord
from bot.migration.copy.writer import WriteAction

NAMED = 8  # objects that a pause names


class CopyIncomplete(Problem):
    """The target did not take some objects."""


class WriteConflict(CopyIncomplete):
    """The same, because somebody wrote to them at the same moment: it may be tried again."""


def refuse_failures(record: CopyRecord, what: str, fix: str) -> None:
    """Raises `WriteConflict` or `CopyIncomplete` if something was not taken."""
    failed = record.failures
    if not failed:
        return
    kind = WriteConflict if any(each.action is WriteAction.CONFLICT for each in failed) else CopyIncomplete
    raise kind(
        f"{what} {count(len(failed), 'object')}",
        why=first_of([f"{each.ref}: {each.why}" for each in failed], NAMED),
        fix=fix,
    )
