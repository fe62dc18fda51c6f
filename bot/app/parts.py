"""The parts of each domain, built by a small function of its own; `bot.app.wiring` joins them.

A domain contributes the routes of its actions. A new action needs a line in its domain's `routes`, none here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot.access import approval_service
from bot.access.approval_service import ApprovalServices
from bot.access.approvals import Approvals
from bot.access.authorisation import Authoriser
from bot.access.directory import CachedGroups, Directory
from bot.actions.routes import Routes
from bot.actions.service import TargetReader
from bot.app.access_rules import approval_rules, project_access
from bot.app.clock import utc_now
from bot.audit import seals
from bot.audit import service as audit_service
from bot.audit.log import AuditLog
from bot.audit.service import Anchors, AuditServices, seal_reader
from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail
from bot.clusters import driver_catalog, verification
from bot.clusters import service as cluster_service
from bot.clusters.lifecycle.ports import ProjectClouds
from bot.clusters.lifecycle.project_clouds import project_clouds
from bot.clusters.projects import Projects
from bot.clusters.readers import TargetReaders
from bot.clusters.service import ClusterServices
from bot.clusters.templates import service as template_service
from bot.clusters.templates.service import TemplateServices, creating
from bot.clusters.verification import VerificationServices
from bot.common.redaction import Redactor
from bot.drivers.verification.verifier import Verifier
from bot.migration import service as migration_service
from bot.migration.planning.planner import Planner
from bot.migration.project_ports import Tools
from bot.migration.readers import MigrationReaders
from bot.migration.service import MigrationServices
from bot.policy import service as policy_service
from bot.policy.clusters import PolicyClusters
from bot.policy.proposals import PolicyProposals
from bot.policy.readers import PolicyReaders
from bot.policy.service import PolicyServices
from bot.settings import Configuration
from bot.settings.holder import SettingsHolder
from storage.approvals import ApprovalRepository
from storage.audit import AuditRepository
from storage.audit_chain import AuditChain
from storage.cluster_migrations import ClusterMigrationRepository
from storage.continuations import ContinuationRepository
from storage.database import Database
from storage.policy_changes import PolicyChangeRepository
from storage.verifications import VerificationRepository


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shared:
    """What the parts of every domain are built from."""

    holder: SettingsHolder
    database: Database
    redactor: Redactor

    @property
    def configuration(self) -> Configuration:
        """The configuration in force, which a SIGHUP changes."""
        return self.holder.now.configuration

    def verification_seconds(self) -> float:
        """How long one cluster may take to answer."""
        return self.configuration.verification.timeout.total_seconds()


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccessParts:
    """Rights and approvals."""

    authoriser: Authoriser
    approvals: Approvals
    routes: Routes


def access_parts(
    shared: Shared,
    directory: Directory,
    *,
    team: Callable[[], str],
    stranger: Callable[[], None],
    decided: Callable[[], None],
) -> AccessParts:
    """Build who may do what. The routes of `help` need all other routes, so the wiring adds them."""
    authoriser = Authoriser(
        projects=lambda: project_access(shared.configuration),
        directory=directory,
        groups=CachedGroups(
            directory.group,
            now=utc_now,
            refresh=lambda: shared.configuration.groups.refresh,
            grace=lambda: shared.configuration.groups.grace,
        ),
        team=team,
        stranger=stranger,
    )
    approvals = Approvals(
        ApprovalRepository(shared.database),
        rules=lambda: approval_rules(shared.configuration),
        now=utc_now,
        decided=decided,
    )
    services = ApprovalServices(approvals, authoriser.deciders, utc_now)
    return AccessParts(authoriser=authoriser, approvals=approvals, routes=approval_service.routes(services))


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditParts:
    """The audit log; `readers` has those of actions that have no words."""

    log: AuditLog
    keyring: Keyring
    routes: Routes
    readers: dict[str, TargetReader]


def audit_parts(shared: Shared, authoriser: Authoriser, anchors: Anchors) -> AuditParts:
    """Build the audit log and its chain."""
    log = AuditLog(AuditRepository(shared.database), now=utc_now, redactor=shared.redactor)
    keyring = Keyring(shared.holder.now.audit_key)
    chain = AuditChain(shared.database)
    services = AuditServices(
        log,
        AuditTrail(chain, keyring),
        anchors,
        authoriser,
        lambda: project_access(shared.configuration),
        utc_now,
    )
    return AuditParts(
        log=log,
        keyring=keyring,
        routes=audit_service.routes(services),
        readers={seals.ACTION: seal_reader(chain)},
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterParts:
    """Projects, their clouds and clusters, and how a cluster's driver is verified."""

    projects: Projects
    clouds: ProjectClouds
    verifier: Verifier
    verifications: VerificationRepository
    routes: Routes


def cluster_parts(shared: Shared) -> ClusterParts:
    """Build what knows clusters, templates and drivers."""
    projects = Projects(lambda: shared.holder.now, now=utc_now, learn=shared.redactor.learn)
    verifier = Verifier(
        now=utc_now,
        parallel=lambda: shared.configuration.verification.parallel_clusters,
        seconds=shared.verification_seconds,
    )
    verifications = VerificationRepository(shared.database)
    templates = TemplateServices(projects, creating(ContinuationRepository(shared.database).unended))
    clusters = ClusterServices(projects, ClusterMigrationRepository(shared.database))
    verify = VerificationServices(projects, verifier, verifications.keep)
    readers = TargetReaders(projects).all()
    return ClusterParts(
        projects=projects,
        clouds=project_clouds(projects, verifier, verifications.keep, verifications.forget),
        verifier=verifier,
        verifications=verifications,
        routes=Routes.joined(
            driver_catalog.routes(),
            template_service.routes(templates, readers),
            cluster_service.routes(clusters, readers),
            verification.routes(verify),
        ),
    )


def policy_routes(shared: Shared, projects: Projects, approvals: Approvals) -> Routes:
    """Build what knows NetworkPolicies."""
    clusters = PolicyClusters(projects, seconds=shared.verification_seconds)
    changes = PolicyChangeRepository(shared.database)
    services = PolicyServices(clusters, changes, now=utc_now)
    proposals = PolicyProposals(services, approvals.needed)
    return policy_service.routes(services, proposals, PolicyReaders(clusters, changes).all())


def migration_tools(shared: Shared, clusters: ClusterParts) -> Tools:
    """Build what a migration uses of every project."""
    return Tools(
        clusters.projects,
        clusters.clouds,
        lambda: shared.holder.now,
        verifier=clusters.verifier,
        keep=clusters.verifications.keep,
    )


def migration_routes(
    shared: Shared, tools: Tools, approvals: Approvals, thread_link: Callable[[str], str]
) -> Routes:
    """Build what knows migrations; `thread_link` leads to the thread of an operation."""
    register = ClusterMigrationRepository(shared.database)
    planner = Planner(tools, soak=lambda: shared.configuration.migration.soak)
    services = MigrationServices(planner, register, approvals, thread_link, utc_now)
    return migration_service.routes(services, MigrationReaders(register).all())
