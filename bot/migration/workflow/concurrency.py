"""The permit of a migration, which it holds while it works and releases while it waits for people or time.

The configuration limits how many migrations of a project work at once. One that soaks or waits for an
approval holds no permit: two of them would otherwise keep all others of their project from beginning for a
day. A migration on its way back, and one whose source stands still, get a permit above the limit.
"""

import dataclasses
from collections.abc import Callable

from bot.adapters.durable.flow import Flow
from bot.common.wording import count
from bot.migration.workflow.progress import Progress
from bot.migration.workflow.step import Position, Step, is_past_cutover
from storage.migration_permits import MigrationPermitRepository


def needs_permit(step: Step, *, rolling_back: bool) -> bool:
    """Whether a migration works at a step; at the others it waits for people or for time."""
    return rolling_back or step not in (Step.DECIDE, Step.SOAK, Step.CONSENT)


def is_urgent(step: Step, *, rolling_back: bool) -> bool:
    """Whether a permit is given above the limit: somebody wants out, or an outage goes on."""
    return rolling_back or (is_past_cutover(step) and needs_permit(step, rolling_back=rolling_back))


@dataclasses.dataclass(kw_only=True)
class MigrationPermit:
    """The permit of one migration, as its workflow uses it: within steps only. Raises `DatabaseError`."""

    limiter: MigrationPermitRepository
    progress: Progress
    position: Position
    flow: Flow
    limit: Callable[[], int]  # how many migrations of the project may work at once, as configured now
    _waits: str | None = None  # what was told last of the wait; None if nobody has asked yet

    def acquire(self) -> bool:
        """Acquire the permit, unless it is held already. If none is free, report that it waits for one."""
        waits = self._request()
        if waits != self._waits:
            self._waits = waits
            self.progress.store(waits=waits)
        if waits:
            self.progress.show(waits)
        return not waits

    def release(self) -> None:
        """Let other migrations work."""
        self.limiter.release(self.progress.heading.migration)
        self._waits = None

    def _request(self) -> str:
        """Ask for the permit; return what is waited for, in words, if it is not to be had now."""
        limit, migration = self.limit(), self.progress.heading.migration
        operation, project = self.flow.operation, self.flow.project
        urgent = is_urgent(self.position.step, rolling_back=self.position.rolling_back)
        at_most = None if urgent else limit
        permit = self.limiter.acquire(migration, operation=operation, project=project, limit=at_most)
        return "" if permit.held else waiting_line(permit.at_work, limit, project)


def waiting_line(at_work: int, limit: int, project: str) -> str:
    """Say what a migration without a permit waits for."""
    are = "is" if at_work == 1 else "are"
    return f"waits for its turn: {at_work} of {count(limit, 'migration')} of {project} {are} at work"
