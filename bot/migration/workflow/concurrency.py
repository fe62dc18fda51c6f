"""The turn of one migration: taken before it works, given back while it waits for people or for time.

Otherwise two migrations that soak would keep all others of their project from beginning for a day.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.common.wording import count
from bot.migration.workflow.ports import ConcurrencyLimiter
from bot.migration.workflow.step import Step, is_urgent


class MigrationPermit:
    """The turn of one migration, as its workflow sees it. All of it raises `DatabaseError`; within steps
    only.
    """

    def __init__(
        self,
        turns: ConcurrencyLimiter,
        migration: str,
        *,
        operation: str,
        project: str,
        at_once: Callable[[], int],
    ) -> None:
        """`at_once`: how many of a project may work at once, as the configuration in force has it."""
        self._turns = turns
        self._migration = migration
        self._operation = operation
        self._project = project
        self._at_once = at_once

    def lacking(self, step: Step, *, back: bool) -> str:
        """Take it; what it waits for, in words, if it cannot be had now."""
        limit = self._at_once()
        hurries = is_urgent(step, back=back)
        found = self._turns.take(
            self._migration,
            operation=self._operation,
            project=self._project,
            at_once=None if hurries else limit,
        )
        if found.held:
            return ""
        are = "is" if found.at_work == 1 else "are"
        return (
            f"waits for its turn: {found.at_work} of {count(limit, 'migration')} of {self._project} {are} at"
            " work"
        )

    def give_back(self) -> None:
        """Let others work."""
        self._turns.give_back(self._migration)
