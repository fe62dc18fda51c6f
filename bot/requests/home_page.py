"""What somebody's App Home shows: gathered from what is kept, asking neither Magnum nor a cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.access.roles import Role
from bot.actions.action import Action
from bot.actions.approvals import ApprovalForm
from bot.migration.results import MigrationSummary, summary
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
            to_decide=tuple(each for each in waiting if _may_decide(each, person, roles)),
            asked=tuple(each for each in waiting if each.requester == person),
            running=self._running(roles),
            verifications=tuple(
                found for project in roles for found in self.verifications.of_project(project)
            ),
            recent=tuple(
                event for event in mine if event.project in roles and event.action != ApprovalForm.name
            )[:RECENT],
        )

    def _running(self, roles: Mapping[str, object]) -> tuple[RunningOperation, ...]:
        found = [each for each in self.continuations.unended() if each.project in roles][:RUNNING]
        migrations = self.migrations.of_operations([each.operation for each in found])
        return _running(found, {each.operation: summary(each) for each in migrations})


def _may_decide(found: Approval, person: str, roles: Mapping[str, Mapping[Role, str]]) -> bool:
    decided = any(each.person == person for each in found.decisions)
    return (
        found.state == OPEN
        and found.requester != person
        and not decided
        and Role.APPROVER in roles[found.project]
    )


def _running(
    found: Sequence[Continuation], migrations: Mapping[str, MigrationSummary]
) -> tuple[RunningOperation, ...]:
    shown = []
    for each in found:
        action = Action.decode(each.action)
        shown.append(
            RunningOperation(
                project=each.project,
                words=action.words(),
                name=action.name,
                since=each.begun_at,
                asker=str((each.request.get("person") or {}).get("id", "")),
                migration=migrations.get(each.operation),
            )
        )
    return tuple(shown)
