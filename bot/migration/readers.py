"""Finds out what became of a `migrate` request that was cut off: the register of migrations knows."""

import dataclasses

from bot.actions.migrations import MigrateCancel, MigratePause, MigrateResume, MigrateRollback, MigrateStart
from bot.actions.service import Outcome, Readback, TargetReader
from bot.migration.service import migration_id
from storage.audit_events import AuditEvent
from storage.cluster_migrations import DONE, ClusterMigrationRepository


@dataclasses.dataclass(frozen=True)
class MigrationReaders:
    """The readers of the `migrate` actions."""

    register: ClusterMigrationRepository

    def all(self) -> dict[str, TargetReader]:
        """Return each reader under the name of its action."""
        signals = (MigratePause, MigrateResume, MigrateCancel, MigrateRollback)
        return {MigrateStart.name: self.read_start, **{action.name: self.read_signal for action in signals}}

    def read_start(self, intent: AuditEvent, /) -> Readback:
        """Find out whether a migration was begun; one that was goes on by itself, or has ended."""
        row = self.register.get(migration_id(intent.operation), project=intent.project)
        if row is None:
            detail = "cut off before anything was begun: there is no migration"
            return Readback(outcome=Outcome.FAILED, detail=detail)
        detail = f"cut off; the migration {row.id} is {row.state}"
        if row.open:
            return Readback(outcome=Outcome.UNKNOWN, detail=f"{detail}: see `/xk8s migrate show {row.id}`")
        return Readback(outcome=Outcome.SUCCEEDED if row.state == DONE else Outcome.FAILED, detail=detail)

    def read_signal(self, intent: AuditEvent, /) -> Readback:
        """Find out whether a signal was stored; one that was is heard."""
        row = self.register.get(str(intent.arguments.get("migration", "")), project=intent.project)
        once = f"wanted:{intent.operation}"
        if row is not None and any(event.get("once") == once for event in row.history):
            return Readback(outcome=Outcome.SUCCEEDED, detail="cut off, but the wish was noted")
        return Readback(outcome=Outcome.FAILED, detail="cut off before the wish was noted: say it again")
