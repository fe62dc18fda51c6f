"""The `migrate` words: a migration is begun as durable work, shown from the register, and sent signals."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.access.approvals import ID_LETTERS, Approvals
from bot.actions.migrations import (
    MigrateCancel,
    MigrateList,
    MigratePause,
    MigrateResume,
    MigrateRollback,
    MigrateShow,
    MigrateStart,
)
from bot.actions.proposal import Proposal
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, LongRunning, TargetReader
from bot.common.canonical_json import digest
from bot.common.problems import Refusal
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.plan_document import plan_document
from bot.migration.planning.plan_proposal import KIND, plan_proposal
from bot.migration.planning.planner import Planned, Planner
from bot.migration.results import (
    MigrationShown,
    MigrationsShown,
    RollbackConfirmation,
    SignalSent,
    is_rolling_back,
    next_decision,
    summary,
)
from bot.migration.workflow.signals import Signal, signal_refusal
from bot.migration.workflow.step import Step, is_past_traffic_switch
from bot.migration.workflow.workflow import WORK
from storage.cluster_migrations import BACK, PAUSED, ClusterMigration, ClusterMigrationRepository

ID_LENGTH = 5


class NoMigration(Refusal):
    """There is no migration of that id in the project."""


class ClusterInMigration(Refusal):
    """Another open migration names one of the clusters."""


class SignalRefused(Refusal):
    """The migration cannot follow a signal at its step."""


@dataclasses.dataclass(frozen=True)
class MigrationServices:
    """The services of the `migrate` words."""

    planner: Planner
    register: ClusterMigrationRepository
    approvals: Approvals
    link: Callable[[str], str]  # from an operation to its thread
    now: Callable[[], datetime]

    def start(self, action: MigrateStart, context: Context) -> LongRunning:
        """Plan a migration, store it, and begin its workflow; an attempt that was cut off goes on.

        Raises `Refusal` for what stands against it, `Problem` for what cannot be read.
        """
        migration = migration_id(context.operation)
        if not self._is_begun(migration, context):
            planned = self._plan(action, context)
            row = self.register.create(self._row(planned, context))
            if row.operation != context.operation:
                raise _cluster_taken(row)
        return LongRunning(work=WORK, input={"migration": migration})

    def propose(self, action: MigrateStart, context: Context) -> Proposal:
        """Return what approvers of a migration see. Raises `Refusal` for what stands against it."""
        if not self.approvals.requires_approval(KIND) or self._is_begun(
            migration_id(context.operation), context
        ):
            return Proposal(kind="migrate.begun", headline=f"Migrate {action.cluster}")
        planned = self._plan(action, context)
        return plan_proposal(planned.plan, planned.options)

    def list(self, _action: MigrateList, context: Context) -> MigrationsShown:
        """List the migrations of the project."""
        project = context.project or ""
        rows = self.register.of_project(project)
        return MigrationsShown(project=project, migrations=tuple(map(summary, rows)), now=self.now())

    def show(self, action: MigrateShow, context: Context) -> MigrationShown:
        """Show one migration. Raises `NoMigration`."""
        row = self._find(action.migration, context)
        return MigrationShown(
            project=row.project,
            summary=summary(row),
            history=tuple(row.history),
            next_decision=next_decision(row),
            link=self.link(row.operation),
            plan=plan_document(MigrationPlan.model_validate(row.plan)),
            now=self.now(),
        )

    def pause(self, action: MigratePause, context: Context) -> SignalSent:
        """Have a migration stand still before its next effect. Raises `Refusal`."""
        return self._signal(action.migration, Signal.PAUSE, context)

    def resume(self, action: MigrateResume, context: Context) -> SignalSent:
        """Have a paused migration go on. Raises `Refusal`."""
        return self._signal(action.migration, Signal.RESUME, context)

    def cancel(self, action: MigrateCancel, context: Context) -> SignalSent:
        """End a migration before the source was touched, and remove the new cluster. Raises `Refusal`."""
        return self._signal(action.migration, Signal.CANCEL, context)

    def rollback(self, action: MigrateRollback, context: Context) -> SignalSent | RollbackConfirmation:
        """Go back to the source; after the traffic was switched, once it is confirmed. Raises `Refusal`."""
        row = self._find(action.migration, context)
        _refuse_unavailable(row, Signal.ROLLBACK)
        if is_past_traffic_switch(Step(row.step)) and not action.yes and row.state != BACK:
            return RollbackConfirmation(migration=row.id, source=row.source_name, target=row.target_name)
        return self._signal(action.migration, Signal.ROLLBACK, context)

    def _is_begun(self, migration: str, context: Context) -> bool:
        row = self.register.get(migration)
        return row is not None and row.operation == context.operation

    def _plan(self, action: MigrateStart, context: Context) -> Planned:
        return self.planner.plan(
            action,
            project=context.project,
            operation=context.operation,
            migration=migration_id(context.operation),
            report=context.progress,
            refuse_taken=self._refuse_taken,
        )

    def _refuse_taken(self, cluster: str) -> None:
        migration = self.register.get(self.register.open_migration_of(cluster) or "")
        if migration is not None:
            raise _cluster_taken(migration)

    def _row(self, planned: Planned, context: Context) -> ClusterMigration:
        plan, now = planned.plan, self.now()
        return ClusterMigration(
            id=plan.migration,
            operation=context.operation,
            project=context.project or "",
            source=plan.source.id,
            source_name=plan.source.name,
            target=plan.target.id,
            target_name=plan.target.name,
            actor=context.person.id,
            actor_name=context.person.name,
            begun_at=now,
            order=planned.options,
            plan=plan.model_dump(mode="json"),
            digest=digest(plan.bound()),
            step=str(Step.DEPLOY),
            since=now,
            waits="waits for its turn",
        )

    def _signal(self, migration: str, signal: Signal, context: Context) -> SignalSent:
        row = self._find(migration, context)
        if not any(event.get("once") == f"wanted:{context.operation}" for event in row.history):
            _refuse_unavailable(row, signal)
        by = context.person.name or context.person.id
        signalled = self.register.send_signal(row.id, str(signal), by=by, operation=context.operation)
        if signalled is not None and not signalled.open:  # it has ended meanwhile
            _refuse_unavailable(signalled, signal)
        return SignalSent(
            migration=row.id, word=signal, source=row.source_name, target=row.target_name, step=Step(row.step)
        )

    def _find(self, migration: str, context: Context) -> ClusterMigration:
        row = self.register.get(migration, project=context.project)
        if row is None:
            raise NoMigration(
                f"There is no migration {migration} in {context.project}", fix="See `/xk8s migrate list`."
            )
        return row


def migration_id(operation: str) -> str:
    """Return the short id of the migration that an operation begins: always the same one."""
    number = int.from_bytes(hashlib.sha256(operation.encode()).digest()[:8])
    letters = ""
    for _ in range(ID_LENGTH):
        number, letter = divmod(number, len(ID_LETTERS))
        letters += ID_LETTERS[letter]
    return f"m{letters}"


def _refuse_unavailable(row: ClusterMigration, signal: Signal) -> None:
    if not row.open:
        raise SignalRefused(f"The migration {row.id} has ended: {row.state}", fix="See `/xk8s migrate list`.")
    paused, rolling_back = row.state == PAUSED, is_rolling_back(row)
    why = signal_refusal(signal, Step(row.step), paused=paused, rolling_back=rolling_back)
    if why:
        raise SignalRefused(
            f"The migration {row.id} cannot be {_PAST_TENSE[signal]} now",
            why=why,
            fix=f"See `/xk8s migrate show {row.id}`.",
        )


_PAST_TENSE = {
    Signal.PAUSE: "paused",
    Signal.RESUME: "resumed",
    Signal.CANCEL: "cancelled",
    Signal.ROLLBACK: "rolled back",
}


def _cluster_taken(migration: ClusterMigration) -> ClusterInMigration:
    return ClusterInMigration(
        f"The migration {migration.id} moves one of these clusters already",
        why=f"{migration.source_name} to {migration.target_name}, {migration.state}",
        fix=f"See `/xk8s migrate show {migration.id}`; to give it up: `/xk8s migrate cancel {migration.id}`",
    )


def routes(services: MigrationServices, readers: Mapping[str, TargetReader]) -> Routes:
    """Return the routes of the migration actions; `readers` are by the action's name."""
    return Routes(
        Route(MigrateStart, services.start, proposal=services.propose),
        Route(MigrateList, services.list),
        Route(MigrateShow, services.show),
        Route(MigratePause, services.pause),
        Route(MigrateResume, services.resume),
        Route(MigrateCancel, services.cancel),
        Route(MigrateRollback, services.rollback),
        readers=readers,
    )
