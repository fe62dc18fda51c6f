"""What became of a migration word that was cut off: where migrations are noted knows."""

from __future__ import annotations

import dataclasses

from bot.actions.migrations import MigrateCancel, MigratePause, MigrateResume, MigrateRollback, MigrateStart
from bot.actions.service import Outcome, Readback, TargetReader
from bot.migration.service import migration_id
from storage.audit import AuditEvent
from storage.cluster_migrations import DONE, ClusterMigrationRepository


@dataclasses.dataclass(frozen=True)
class MigrationReaders:
    """The readings of the migration words."""

    register: ClusterMigrationRepository

    def all(self) -> dict[str, TargetReader]:
        """Every reading, by action."""
        wishes = (MigratePause, MigrateResume, MigrateCancel, MigrateRollback)
        return {MigrateStart.name: self.begun, **{wish.name: self.wished for wish in wishes}}

    def begun(self, intent: AuditEvent, /) -> Readback:
        """A migration that was noted goes on by itself, or has ended."""
        found = self.register.get(migration_id(intent.operation), project=intent.project)
        if found is None:
            return Readback(
                outcome=Outcome.FAILED, detail="cut off before anything was begun: there is no migration"
            )
        if found.open:
            detail = (
                f"cut off; the migration {found.id} is {found.state}: see `/xk8s migrate show {found.id}`"
            )
            return Readback(outcome=Outcome.UNKNOWN, detail=detail)
        outcome = Outcome.SUCCEEDED if found.state == DONE else Outcome.FAILED
        return Readback(outcome=outcome, detail=f"cut off; the migration {found.id} is {found.state}")

    def wished(self, intent: AuditEvent, /) -> Readback:
        """A wish that was noted is heard."""
        migration = str(intent.arguments.get("migration", ""))
        found = self.register.get(migration, project=intent.project)
        if found is not None and any(
            each.get("once") == f"wanted:{intent.operation}" for each in found.history
        ):
            return Readback(outcome=Outcome.SUCCEEDED, detail="cut off, but the wish was noted")
        return Readback(outcome=Outcome.FAILED, detail="cut off before the wish was noted: say it again")
