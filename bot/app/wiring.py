"""Wires the domains into what every front end uses: Slack, and the terminal.

Each domain contributes the routes of its actions: a new action needs a line in its domain, none here.
"""

import dataclasses
import functools
from collections.abc import Callable

from bot.access import approval_service, help_service
from bot.access.approval_service import ApprovalServices
from bot.access.approvals import Approvals
from bot.access.authorisation import Authoriser, ProjectAccess
from bot.access.directory import CachedGroups, Directory
from bot.access.help_service import HelpServices
from bot.actions import grammar
from bot.actions.routes import Routes
from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.openstack.cloud_services import CloudServices
from bot.app.access_rules import approval_rules, home_channel, project_access
from bot.app.clock import utc_now
from bot.app.workflows import Workflows
from bot.audit import seals
from bot.audit import service as audit_service
from bot.audit.log import AuditLog
from bot.audit.service import Anchors, AuditServices, NoAnchors, seal_reader
from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail
from bot.clusters import driver_comparison, verification
from bot.clusters import service as cluster_service
from bot.clusters.lifecycle import results
from bot.clusters.lifecycle.ports import ProjectClouds
from bot.clusters.lifecycle.project_clouds import project_clouds
from bot.clusters.projects import Projects
from bot.clusters.readers import TargetReaders
from bot.clusters.service import ClusterServices
from bot.clusters.templates import service as template_service
from bot.clusters.templates.service import TemplateServices, find_creating_operation
from bot.clusters.verification import VerificationServices
from bot.common.redaction import Redactor
from bot.drivers.verification.verifier import Verifier
from bot.migration import service as migration_service
from bot.migration.planning.planner import Planner
from bot.migration.readers import MigrationReaders
from bot.migration.service import MigrationServices
from bot.migration.workflow import events
from bot.migration.workflow.decisions import ApprovalDecisions
from bot.migration.workflow.ports import ProjectPortsFactory
from bot.migration.workflow.project_ports import ConfiguredPorts
from bot.policy import service as policy_service
from bot.policy.clusters import PolicyClusters
from bot.policy.proposals import PolicyProposals
from bot.policy.readers import PolicyReaders
from bot.policy.service import PolicyServices
from bot.requests.approval_gate import ApprovalGate
from bot.requests.long_running import LongRunningOperations, WorkflowStarter
from bot.requests.pipeline import RequestPipeline
from bot.requests.ports import Attachments, NoAttachments, Offers, Ports
from bot.settings import Configuration
from bot.settings.holder import SettingsHolder
from storage.approvals import ApprovalRepository
from storage.audit_chain import AuditChain
from storage.audit_events import AuditEventRepository
from storage.cluster_migrations import ClusterMigrationRepository
from storage.database import Database
from storage.long_running_operations import LongRunningOperationRepository
from storage.policy_changes import PolicyChangeRepository
from storage.verifications import VerificationRepository


@dataclasses.dataclass(frozen=True, kw_only=True)
class FrontEnd:
    """What Slack, or a terminal, brings to the core."""

    directory: Directory
    team: Callable[[], str] = lambda: ""  # the workspace; empty where there is none
    decided: Callable[[], None] = lambda: None  # called when an approval changes
    stranger: Callable[[], None] = lambda: None  # called for a request of another workspace
    anchors: Anchors = dataclasses.field(default_factory=NoAnchors)
    thread_link: Callable[[str], str] = lambda _operation: ""  # to the thread of an operation


class Core:
    """The parts that every front end uses, built and not yet connected to anything but the database."""

    def __init__(
        self, holder: SettingsHolder, database: Database, front_end: FrontEnd, *, redactor: Redactor
    ) -> None:
        self.holder = holder
        self.database = database
        self._front_end = front_end
        self._redactor = redactor
        self._redactor.learn_all(holder.now)
        self.keyring = Keyring(holder.now.audit_key)
        self.audit = AuditLog(AuditEventRepository(database), now=utc_now, redactor=self._redactor)
        self.continuations = LongRunningOperationRepository(database)
        self.codec = OutcomeCodec(results.KINDS | events.KINDS)  # of the ends of workflows
        self.authoriser = self._make_authoriser()
        self.approvals = Approvals(
            ApprovalRepository(database),
            rules=lambda: approval_rules(self.configuration()),
            now=utc_now,
            decided=front_end.decided,
        )
        self._projects = Projects(lambda: holder.now, now=utc_now, learn=self._redactor.learn)
        self._verifications = VerificationRepository(database)
        self._verifier = self._make_verifier()
        self._clouds = self._make_project_clouds()
        chain = AuditChain(database)
        self.routes = Routes.joined(
            help_service.routes(HelpServices(self.authoriser, self.available)),
            self._cluster_routes(),
            self._policy_routes(),
            self._migration_routes(),
            approval_service.routes(ApprovalServices(self.approvals, self.authoriser.deciders, utc_now)),
            self._audit_routes(AuditTrail(chain, self.keyring)),
        )
        # by the name of the action, for intents that a crash has left open
        self.readers = self.routes.readers() | {seals.ACTION: seal_reader(chain)}
        self.runtime = self._make_workflows().runtime(holder.now.database.get_secret_value(), self.codec)

    def configuration(self) -> Configuration:
        """Return the configuration in force, which a SIGHUP may have changed."""
        return self.holder.now.configuration

    def available(self) -> frozenset[str]:
        """Return the names of the actions that have a service."""
        return frozenset(action.name for action in self.routes)

    def pipeline(
        self,
        offers: Offers,
        *,
        attachments: Attachments | None = None,
        workflows: WorkflowStarter | None = None,
    ) -> RequestPipeline:
        """Return a pipeline whose buttons mean what `offers` says; `workflows` runs its long work, by default
        the runtime of this process.
        """
        return RequestPipeline(
            Ports(
                parse=grammar.parse,
                offers=offers,
                approvals=self._approval_gate(),
                access=self.authoriser,
                audit=self.audit,
                routes=self.routes,
                long_running=self._long_running(workflows or self.runtime),
                attachments=attachments or NoAttachments(),
            )
        )

    def _long_running(self, workflows: WorkflowStarter) -> LongRunningOperations:
        return LongRunningOperations(
            self.continuations, audit=self.audit, workflows=workflows, decode=self.codec.decode, now=utc_now
        )

    def _approval_gate(self) -> ApprovalGate:
        return ApprovalGate(
            self.approvals,
            routes=self.routes,
            deciders=self.authoriser.deciders,
            home_channel=self._home_channel,
            now=utc_now,
        )

    def _project_access(self) -> dict[str, ProjectAccess]:
        return project_access(self.configuration())

    def _home_channel(self, project: str) -> str:
        return home_channel(self.configuration(), project)

    def _verification_seconds(self) -> float:
        return self.configuration().verification.timeout.total_seconds()

    def _make_authoriser(self) -> Authoriser:
        front_end = self._front_end
        groups = CachedGroups(
            front_end.directory.group,
            now=utc_now,
            refresh=lambda: self.configuration().groups.refresh,
            grace=lambda: self.configuration().groups.grace,
        )
        return Authoriser(
            projects=self._project_access,
            directory=front_end.directory,
            groups=groups,
            team=front_end.team,
            stranger=front_end.stranger,
        )

    def _make_verifier(self) -> Verifier:
        return Verifier(
            now=utc_now,
            parallel=lambda: self.configuration().verification.parallel_clusters,
            seconds=self._verification_seconds,
        )

    def _make_project_clouds(self) -> ProjectClouds:
        keep, forget = self._verifications.store, self._verifications.delete
        return project_clouds(self._projects, self._verifier, keep, forget)

    def _make_migration_ports(self) -> ProjectPortsFactory:
        return functools.partial(
            ConfiguredPorts,
            projects=self._projects,
            clouds=self._clouds,
            services=functools.cache(CloudServices),
            settings=lambda: self.holder.now,
            verifier=self._verifier,
            store_verification=self._verifications.store,
        )

    def _make_workflows(self) -> Workflows:
        decisions = ApprovalDecisions(
            approvals=self.approvals,
            continuations=self.continuations,
            deciders=self.authoriser.deciders,
            home_channel=self._home_channel,
        )
        return Workflows(
            database=self.database,
            configuration=self.configuration,
            clouds=self._clouds,
            ports=self._make_migration_ports(),
            decisions=decisions,
        )

    def _cluster_routes(self) -> Routes:
        templates = TemplateServices(self._projects, find_creating_operation(self.continuations.running))
        clusters = ClusterServices(self._projects, ClusterMigrationRepository(self.database))
        verify = VerificationServices(self._projects, self._verifier, self._verifications.store)
        readers = TargetReaders(self._projects).all()
        return Routes.joined(
            driver_comparison.routes(),
            template_service.routes(templates, readers),
            cluster_service.routes(clusters, readers),
            verification.routes(verify),
        )

    def _policy_routes(self) -> Routes:
        clusters = PolicyClusters(self._projects, seconds=self._verification_seconds)
        changes = PolicyChangeRepository(self.database)
        services = PolicyServices(clusters, changes, now=utc_now)
        proposals = PolicyProposals(services, self.approvals.requires_approval)
        return policy_service.routes(services, proposals, PolicyReaders(clusters, changes).all())

    def _migration_routes(self) -> Routes:
        register = ClusterMigrationRepository(self.database)
        planner = Planner(self._projects, lambda: self.holder.now)
        services = MigrationServices(planner, register, self.approvals, self._front_end.thread_link, utc_now)
        return migration_service.routes(services, MigrationReaders(register).all())

    def _audit_routes(self, trail: AuditTrail) -> Routes:
        anchors, access = self._front_end.anchors, self._project_access
        services = AuditServices(self.audit, trail, anchors, self.authoriser, access, utc_now)
        return audit_service.routes(services)
