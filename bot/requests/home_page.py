"""What somebody's App Home shows, gathered from the database alone: neither Magnum nor a cluster is asked."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.access.roles import Role
from bot.actions.action import Action
from bot.actions.approvals import ApprovalForm
from bot.migration.results import MigrationSummary, summary
from storage.approvals import OPEN, Approval, ApprovalRepository
from storage.audit_events import AuditEvent, AuditEventRepository, AuditFilter
from storage.cluster_migrations import ClusterMigrationRepository
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository
from storage.verifications import LastVerification, VerificationRepository

RECENT = 8  # of the person's own actions
RUNNING = 10

RolesByProject = Mapping[str, Mapping[Role, str]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningOperation:
    """Work that goes on: what was asked for, by whom, since when."""

    project: str
    words: str
    name: str  # of the action
    asker: str
    since: datetime
    migration: MigrationSummary | None = None  # its state, if the work is a migration


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomePage:
    """The App Home of one person."""

    person: str
    roles: RolesByProject
    to_decide: tuple[Approval, ...]
    asked: tuple[Approval, ...]
    running: tuple[RunningOperation, ...]
    verifications: tuple[LastVerification, ...]
    recent: tuple[AuditEvent, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomeService:
    """Gathers the App Homes of all people."""

    approvals: ApprovalRepository
    continuations: LongRunningOperationRepository
    verifications: VerificationRepository
    migrations: ClusterMigrationRepository
    audit: AuditEventRepository
    roles: Callable[[str], RolesByProject]

    def page(self, person: str) -> HomePage:
        """Return somebody's App Home. Raises `DatabaseError`."""
        roles = self.roles(person)
        waiting = self.approvals.unfinished(list(roles)) if roles else []
        events, _ = self.audit.find(AuditFilter(actor=person), offset=0, limit=2 * RECENT)
        recent = [event for event in events if event.project in roles and event.action != ApprovalForm.name]
        return HomePage(
            person=person,
            roles=roles,
            to_decide=tuple(approval for approval in waiting if _may_decide(approval, person, roles)),
            asked=tuple(approval for approval in waiting if approval.requester == person),
            running=self._running(roles),
            verifications=tuple(
                verification for project in roles for verification in self.verifications.of_project(project)
            ),
            recent=tuple(recent[:RECENT]),
        )

    def _running(self, roles: RolesByProject) -> tuple[RunningOperation, ...]:
        unended = [work for work in self.continuations.running() if work.project in roles][:RUNNING]
        migrations = self.migrations.of_operations([work.operation for work in unended])
        summaries = {migration.operation: summary(migration) for migration in migrations}
        return tuple(_operation(work, summaries.get(work.operation)) for work in unended)


def _may_decide(approval: Approval, person: str, roles: RolesByProject) -> bool:
    return (
        approval.state == OPEN
        and approval.requester != person
        and not any(decision.person == person for decision in approval.decisions)
        and Role.APPROVER in roles[approval.project]
    )


def _operation(work: LongRunningOperation, migration: MigrationSummary | None) -> RunningOperation:
    action = Action.decode(work.action)
    return RunningOperation(
        project=work.project,
        words=action.words(),
        name=action.name,
        since=work.begun_at,
        asker=str((work.request.get("person") or {}).get("id", "")),
        migration=migration,
    )
