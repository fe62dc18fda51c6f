"""Turns objects that the target did not take into a problem that names them."""

from __future__ import annotations

from bot.common.problems import Problem
from bot.common.wording import count, first_lines
from bot.migration.copy.copier import CopyRecord
from bot.migration.copy.writer import WriteAction
from bot.migration.workflow.ports import Json

NAMED = 8  # objects that the problem of a pause names


class CopyIncomplete(Problem):
    """The target did not take some objects."""


class WriteConflict(CopyIncomplete):
    """The target did not take objects that somebody else wrote at the same moment: it may be tried again."""


def check_written(
    record: CopyRecord,
    *,
    what: str = "The new cluster did not let start",
    fix: str = "Mend them in the new cluster, then resume; or roll back.",
) -> Json:
    """Return how many objects the target took, as it is recorded.

    Raises `WriteConflict` or `CopyIncomplete`, which begins with `what` and names those that it did not take.
    """
    failures = record.failures
    if not failures:
        return {"written": len(record.written)}
    conflict = any(failure.action is WriteAction.CONFLICT for failure in failures)
    kind = WriteConflict if conflict else CopyIncomplete
    raise kind(
        f"{what} {count(len(failures), 'object')}",
        why=first_lines([f"{failure.ref}: {failure.why}" for failure in failures], NAMED),
        fix=fix,
    )
