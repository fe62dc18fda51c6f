"""What the `migrate` words result in, as plain data."""

import dataclasses
from datetime import datetime
from typing import Any

from bot.migration.workflow.signals import Signal, available_signals
from bot.migration.workflow.step import Step
from storage.cluster_migrations import PAUSED, ClusterMigration


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationSummary:
    """One migration in a line."""

    id: str
    source: str
    target: str
    route: str
    state: str
    step: Step
    since: datetime
    begun: datetime
    waits: str
    by: str
    ended: datetime | None
    choices: tuple[Signal, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationsShown:
    """A project's migrations, newest first."""

    project: str
    migrations: tuple[MigrationSummary, ...]
    now: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationShown:
    """One migration: its state, what was done and by whom, what it waits for, and its plan as Markdown."""

    project: str
    summary: MigrationSummary
    history: tuple[dict[str, Any], ...]
    next_decision: str
    link: str  # to its thread; empty if there is none
    plan: str
    now: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class SignalSent:
    """A signal was stored; the migration follows it before its next effect."""

    migration: str
    word: Signal
    source: str
    target: str
    step: Step


@dataclasses.dataclass(frozen=True, kw_only=True)
class RollbackConfirmation:
    """A roll-back after the traffic was switched: a person is told first what it does not take back."""

    migration: str
    source: str
    target: str

    @property
    def pending(self) -> str:
        """The words of the audit trail for a request that waits for its confirmation."""
        return "waits for a confirmation: nothing was done"


def summary(migration: ClusterMigration) -> MigrationSummary:
    """Summarise a stored migration."""
    step = Step(migration.step)
    route = " → ".join(migration.plan[side]["driver"] for side in ("source", "target"))
    paused, rolling_back = migration.state == PAUSED, is_rolling_back(migration)
    return MigrationSummary(
        id=migration.id,
        source=migration.source_name,
        target=migration.target_name,
        route=route,
        state=migration.state,
        step=step,
        since=migration.since,
        begun=migration.begun_at,
        waits=migration.waits,
        by=migration.actor_name or migration.actor,
        ended=migration.ended_at,
        choices=available_signals(step, paused=paused, rolling_back=rolling_back) if migration.open else (),
    )


def next_decision(migration: ClusterMigration) -> str:
    """Say which decision of a second person comes next; empty if there is none."""
    if not migration.open or is_rolling_back(migration):
        return ""
    step = Step(migration.step)
    if step.number <= Step.DECIDE.number:
        return "the cut-over (migrate.cutover)"
    if step.number <= Step.CONSENT.number:
        return f"the deletion of {migration.source_name} (migrate.delete)"
    return ""


def is_rolling_back(migration: ClusterMigration) -> bool:
    """Whether its way forward has ended. A pause on the way back keeps no other trace than this event."""
    return any(str(event.get("once", "")).startswith("back:") for event in migration.history)
