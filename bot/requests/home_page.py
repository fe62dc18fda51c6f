"""What somebody's App Home shows: gathered from what is kept, asking neither Magnum nor a cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.access.roles import Role
from bot.actions.action import Action
from bot.actions.approvals import ApprovalForm
from bot.migration.service import MigrationSummary, summary
from storage.approvals import OPEN, Approval, ApprovalRepository
from storage.audit import AuditEvent, AuditFilter, AuditRepository
from storage.cluster_migrations import ClusterMigrationRepository
from storage.continuations import Continuation, ContinuationRepository
from storage.verifications import LastVerification, VerificationRepository

RECENT = 8  # actions of one's own
RUNNING = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningOperation:
    """Work that goes on: what was asked for, by whom, since when."""

    project: str
    words: str
    name: str  # of the action
    asker: str
    since: datetime
    migration: MigrationSummary | None = None  # where it stands, if it is one


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomePage:
    """One person's Home."""

    person: str
    roles: Mapping[str, Mapping[Role, str]]  # by project
    to_decide: tuple[Approval, ...]
    asked: tuple[Approval, ...]
    running: tuple[RunningOperation, ...]
    verifications: tuple[LastVerification, ...]
    recent: tuple[AuditEvent, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomeService:
    """Gathers Homes."""

    approvals: ApprovalRepository
    continuations: ContinuationRepository
    verifications: VerificationRepository
    migrations: ClusterMigrationRepository
    audit: AuditRepository
    roles: Callable[[str], Mapping[str, Mapping[Role, str]]]

    def page(self, person: str) -> HomePage:
        """Somebody's Home. Raises `DatabaseError`."""
        roles = self.roles(person)
        waiting = self.approvals.waiting(list(roles)) if roles else []
        mine, _ = self.audit.find(AuditFilter(actor=person), offset=0, limit=2 * RECENT)
        return HomePage(
            person=person,
            roles=roles,
            to_decide=tuple(approval for approval in waiting if _may_decide(approval, person, roles)),
            asked=tuple(approval for approval in waiting if approval.requester == person),
            running=self._running(roles),
            verifications=tuple(
                verification for project in roles for verification in self.verifications.of_project(project)
            ),
            recent=tuple(
                event for event in mine if event.project in roles and event.action != ApprovalForm.name
            )[:RECENT],
        )

    def _running(self, roles: Mapping[str, object]) -> tuple[RunningOperation, ...]:
        continuations = [
            continuation for continuation in self.continuations.unended() if continuation.project in roles
        ][:RUNNING]
        migrations = self.migrations.of_operations([continuation.operation for continuation in continuations])
        return _running(continuations, {migration.operation: summary(migration) for migration in migrations})


def _may_decide(approval: Approval, person: str, roles: Mapping[str, Mapping[Role, str]]) -> bool:
    decided = any(decision.person == person for decision in approval.decisions)
    return (
        approval.state == OPEN
        and approval.requester != person
        and not decided
        and Role.APPROVER in roles[approval.project]
    )


def _running(
    continuations: Sequence[Continuation], migrations: Mapping[str, MigrationSummary]
) -> tuple[RunningOperation, ...]:
    operations = []
    for continuation in continuations:
        action = Action.decode(continuation.action)
        operations.append(
            RunningOperation(
                project=continuation.project,
                words=action.words(),
                name=action.name,
                since=continuation.begun_at,
                asker=str((continuation.request.get("person") or {}).get("id", "")),
                migration=migrations.get(continuation.operation),
            )
        )
    return tuple(operations)
