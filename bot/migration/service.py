"""The migration words: begun as durable work, shown from where it is noted, and steered by wishes that
it hears.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.access.approvals import ID_LETTERS, Approvals
from bot.access.proposal import Proposal, ProposalDocument, digest
from bot.actions.migrations import (
    MigrateCancel,
    MigrateList,
    MigratePause,
    MigrateResume,
    MigrateRollback,
    MigrateShow,
    MigrateStart,
)
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, LongRunning, TargetReader
from bot.common.problems import Refusal
from bot.common.wording import count, lasting
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.planner import Planner
from bot.migration.workflow.report import contents
from bot.migration.workflow.step import (
    Signal,
    Step,
    available_signals,
    is_past_traffic_switch,
    signal_refusal,
)
from bot.migration.workflow.workflow import WORK
from storage.cluster_migrations import BACK, PAUSED, ClusterMigration, ClusterMigrationRepository

KIND = "migrate.start"
MOST_LINES = 12
ID_LENGTH = 5


class NoMigration(Refusal):
    """There is no migration of that id in the project."""


class ClusterInMigration(Refusal):
    """Another open migration names one of the clusters."""


class SignalRefused(Refusal):
    """A wish that cannot be followed where the migration stands."""


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
    """One migration: where it stands, what was done and by whom, what it waits for; its plan as Markdown."""

    project: str
    summary: MigrationSummary
    history: tuple[dict[str, Any], ...]
    next_decision: str
    link: str  # to its thread; empty if there is none
    plan: str
    now: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class SignalSent:
    """A wish was noted; the migration follows it before its next effect."""

    migration: str
    word: Signal
    source: str
    target: str
    step: Step


@dataclasses.dataclass(frozen=True, kw_only=True)
class RollbackConfirmation:
    """A roll-back after the traffic was switched: what cannot be taken back is told first."""

    migration: str
    source: str
    target: str

    @property
    def pending(self) -> str:
        """Nothing is done yet."""
        return "waits for a confirmation: nothing was done"


@dataclasses.dataclass(frozen=True)
class MigrationServices:
    """The migration words."""

    planner: Planner
    register: ClusterMigrationRepository
    approvals: Approvals
    link: Callable[[str], str]  # of an operation to its thread
    now: Callable[[], datetime]

    def start(self, action: MigrateStart, context: Context) -> LongRunning:
        """Begin a migration whose plan nothing stands against. Raises `Refusal`."""
        migration = migration_id(context.operation)
        if (known := self.register.get(migration)) is not None and known.operation == context.operation:
            return LongRunning(work=WORK, input={"migration": migration})
        planned = self.planner.plan(
            action,
            project=context.project,
            operation=context.operation,
            migration=migration,
            told=context.progress,
            refuse=self._refuse_named,
        )
        plan, now = planned.plan, self.now()
        noted = self.register.begin(
            ClusterMigration(
                id=migration,
                operation=context.operation,
                project=context.project or "",
                source=plan.source.id,
                source_name=plan.source.name,
                target=plan.target.id,
                target_name=plan.target.name,
                actor=context.person.id,
                actor_name=context.person.name,
                begun_at=now,
                order=planned.order,
                plan=plan.model_dump(mode="json"),
                digest=digest(plan.bound()),
                step=str(Step.DEPLOY),
                since=now,
                waits="waits for its turn",
            )
        )
        if noted.operation != context.operation:
            raise _in_the_way(noted)
        return LongRunning(work=WORK, input={"migration": migration})

    def propose(self, action: MigrateStart, context: Context) -> Proposal:
        """What a migration does. Raises `Refusal` for one that something stands against."""
        migration = migration_id(context.operation)
        known = self.register.get(migration)
        if not self.approvals.needed(KIND) or (known is not None and known.operation == context.operation):
            return Proposal(kind="migrate.begun", headline=f"Migrate {action.cluster}")
        planned = self.planner.plan(
            action,
            project=context.project,
            operation=context.operation,
            migration=migration,
            told=context.progress,
            refuse=self._refuse_named,
        )
        return proposal(planned.plan, planned.order)

    def _refuse_named(self, cluster: str) -> None:
        other = self.register.get(self.register.naming(cluster) or "")
        if other is not None:
            raise _in_the_way(other)

    def list(self, _action: MigrateList, context: Context) -> MigrationsShown:
        """The project's migrations."""
        found = self.register.of_project(context.project or "")
        return MigrationsShown(
            project=context.project or "", migrations=tuple(map(summary, found)), now=self.now()
        )

    def show(self, action: MigrateShow, context: Context) -> MigrationShown:
        """One migration. Raises `NoMigration`."""
        found = self._find(action.migration, context)
        return MigrationShown(
            project=found.project,
            summary=summary(found),
            history=tuple(found.history),
            next_decision=next_decision(found),
            link=self.link(found.operation),
            plan=document(MigrationPlan.model_validate(found.plan)),
            now=self.now(),
        )

    def pause(self, action: MigratePause, context: Context) -> SignalSent:
        """Let it stand still before its next effect. Raises `Refusal`."""
        return self._steer(action.migration, Signal.PAUSE, context)

    def resume(self, action: MigrateResume, context: Context) -> SignalSent:
        """Let it go on. Raises `Refusal`."""
        return self._steer(action.migration, Signal.RESUME, context)

    def cancel(self, action: MigrateCancel, context: Context) -> SignalSent:
        """Give it up before the source was touched, and remove the new cluster. Raises `Refusal`."""
        return self._steer(action.migration, Signal.CANCEL, context)

    def rollback(self, action: MigrateRollback, context: Context) -> SignalSent | RollbackConfirmation:
        """Go back to the source. After the traffic was switched it must be confirmed. Raises `Refusal`."""
        found = self._find(action.migration, context)
        _refuse(found, Signal.ROLLBACK)
        if is_past_traffic_switch(Step(found.step)) and not action.yes and found.state != BACK:
            return RollbackConfirmation(
                migration=found.id, source=found.source_name, target=found.target_name
            )
        return self._steer(action.migration, Signal.ROLLBACK, context)

    def _steer(self, migration: str, word: Signal, context: Context) -> SignalSent:
        found = self._find(migration, context)
        if not any(each.get("once") == f"wanted:{context.operation}" for each in found.history):
            _refuse(found, word)
        by = context.person.name or context.person.id
        after = self.register.want(found.id, str(word), by=by, operation=context.operation)
        if after is not None and not after.open:
            _refuse(after, word)
        return SignalSent(
            migration=found.id,
            word=word,
            source=found.source_name,
            target=found.target_name,
            step=Step(found.step),
        )

    def _find(self, migration: str, context: Context) -> ClusterMigration:
        found = self.register.get(migration, project=context.project)
        if found is None:
            raise NoMigration(
                f"There is no migration {migration} in {context.project}", fix="See `/xk8s migrate list`."
            )
        return found


def migration_id(operation: str) -> str:
    """The short id of a migration that an operation begins: always the same one."""
    number = int.from_bytes(hashlib.sha256(operation.encode()).digest()[:8])
    letters = ""
    for _ in range(ID_LENGTH):
        number, rest = divmod(number, len(ID_LETTERS))
        letters += ID_LETTERS[rest]
    return f"m{letters}"


def summary(found: ClusterMigration) -> MigrationSummary:
    """A migration in a line."""
    step = Step(found.step)
    sides = (found.plan["source"]["driver"], found.plan["target"]["driver"])
    offered = (
        available_signals(step, paused=found.state == PAUSED, back=_is_back(found)) if found.open else ()
    )
    return MigrationSummary(
        id=found.id,
        source=found.source_name,
        target=found.target_name,
        route=f"{sides[0]} → {sides[1]}",
        state=found.state,
        step=step,
        since=found.since,
        begun=found.begun_at,
        waits=found.waits,
        by=found.actor_name or found.actor,
        ended=found.ended_at,
        choices=offered,
    )


def _is_back(found: ClusterMigration) -> bool:
    return any(str(each.get("once", "")).startswith("back:") for each in found.history)


def next_decision(found: ClusterMigration) -> str:
    """Which decision by a second person comes next."""
    if not found.open or _is_back(found):
        return ""
    step = Step(found.step)
    if step.number <= Step.DECIDE.number:
        return "the cut-over (migrate.cutover)"
    return (
        f"the deletion of {found.source_name} (migrate.delete)" if step.number <= Step.CONSENT.number else ""
    )


def _refuse(found: ClusterMigration, word: Signal) -> None:
    if not found.open:
        raise SignalRefused(
            f"The migration {found.id} has ended: {found.state}", fix="See `/xk8s migrate list`."
        )
    why = signal_refusal(word, Step(found.step), paused=found.state == PAUSED, back=_is_back(found))
    if why:
        raise SignalRefused(
            f"The migration {found.id} cannot be {_PAST[word]} now",
            why=why,
            fix=f"See `/xk8s migrate show {found.id}`.",
        )


_PAST = {
    Signal.PAUSE: "paused",
    Signal.RESUME: "resumed",
    Signal.CANCEL: "cancelled",
    Signal.ROLLBACK: "rolled back",
}


def _in_the_way(other: ClusterMigration) -> ClusterInMigration:
    return ClusterInMigration(
        f"The migration {other.id} moves one of these clusters already",
        why=f"{other.source_name} to {other.target_name}, {other.state}",
        fix=f"See `/xk8s migrate show {other.id}`; to give it up: `/xk8s migrate cancel {other.id}`",
    )


def proposal(plan: MigrationPlan, order: dict[str, Any]) -> Proposal:
    """What approvers see of a plan, and what their decision is bound to."""
    source, target, size, guess = plan.source, plan.target, plan.size, plan.estimate
    moved = sum(each.moves for each in plan.volumes)
    where = (
        f"{target.name} is deployed: {count(target.nodes or 0, 'node')}, {target.masters} of the control"
        f" plane, Kubernetes {target.kubernetes}"
        if not target.id
        else f"everything moves into {target.name}, which is there already"
    )
    lines = [
        where,
        (
            f"{count(size.objects, 'object is', 'objects are')} copied, {len(plan.left)} left out (reasons in"
            " the file)"
        ),
        (
            f"{count(size.workloads, 'workload waits', 'workloads wait')} there until the cut-over, which"
            " asks for a decision of its own"
        ),
        *(
            [
                f"{count(moved, 'Cinder volume moves', 'Cinder volumes move')} without copying"
                f" ({size.disk / 2**30:.0f} GiB)"
            ]
            if moved
            else []
        ),
        *([f"load balancers: {len(plan.balancers)}, {plan.balancers[0].recipe}"] if plan.balancers else []),
        *([f"runs on both sides from the copy on: {', '.join(plan.early)}"] if plan.early else []),
        *_network(plan),
        (
            f"about {_minutes(guess.deploy)} to deploy, {_minutes(guess.copy)} to copy,"
            f" {_minutes(guess.outage)} of outage (guesses)"
        ),
        (
            f"{source.name} is deleted only after it has served for"
            f" {lasting(timedelta(seconds=order['soak']))} and a decision by name"
        ),
    ]
    return Proposal(
        kind=KIND,
        headline=f"Migrate {source.name} from {source.driver} to {target.driver}",
        consequences=tuple(lines),
        warnings=_warnings(plan),
        target=source.name,
        target_id=source.id,
        bound={"plan": plan.bound(), "deploy": order["deploy"]},
        documents=(
            ProposalDocument(
                name=f"plan-{source.name}.md",
                title=f"Plan: {source.name} to {target.name}",
                text=document(plan),
            ),
        ),
    )


def _warnings(plan: MigrationPlan) -> tuple[str, ...]:
    lines = [each.what + (f": {each.why}" if each.why else "") for each in plan.warnings[:MOST_LINES]]
    more = len(plan.warnings) - MOST_LINES
    return tuple(lines + ([f"and {more} more warnings, all in the file"] if more > 0 else []))


def _network(plan: MigrationPlan) -> tuple[str, ...]:
    found = plan.network
    if not found.computed:
        return ()
    return (
        (
            f"network: {count(len(found.closes), 'connection closes', 'connections close')},"
            f" {len(found.opens)} open (each in the file)"
        ),
    )


def _minutes(span: tuple[int, int]) -> str:
    low, high = span
    if high == 0:
        return "no time"
    return f"{low} to {high} s" if high < 120 else f"{max(1, low // 60)} to {high // 60} min"


def document(plan: MigrationPlan) -> str:
    """The whole plan as Markdown."""
    source, target = plan.source, plan.target
    head = [
        f"# Plan: {source.name} ({source.driver}) to {target.name} ({target.driver})",
        "",
        f"- source {source.id}, Kubernetes {source.kubernetes}",
        f"- target {target.id or 'to be deployed from ' + target.template}, Kubernetes {target.kubernetes}",
        f"- namespaces {', '.join(plan.namespaces)}",
    ]
    return "\n".join([*head, *contents(plan)]) + "\n"


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
