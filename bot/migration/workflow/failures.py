"""Turns the objects that the target refused into a problem that names them."""

from bot.common.problems import Problem
from bot.common.wording import count, first_lines
from bot.migration.copy.copier import CopyRecord
from bot.migration.copy.writer import WriteAction
from bot.migration.workflow.ports import Json

NAMED = 8  # objects that the problem of a pause names


class CopyIncomplete(Problem):
    """The target refused some objects."""


class WriteConflict(CopyIncomplete):
    """The target refused objects that somebody else wrote at the same moment. Trying again may succeed."""


def check_written(
    record: CopyRecord,
    *,
    what: str = "The new cluster did not let start",
    fix: str = "Mend them in the new cluster, then resume; or roll back.",
) -> Json:
    """Return how many objects the target accepted, as it is recorded.

    Raises `WriteConflict` or `CopyIncomplete`, which begins with `what` and names the refused ones.
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
