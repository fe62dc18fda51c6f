"""What every entry shares: database, audit, access, projects, services. Slack and the terminal stand on
it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.access.approval_service import ApprovalServices
from bot.access.approvals import ApprovalRules, Approvals
from bot.access.authorisation import Authoriser, ProjectAccess, RoleMembers
from bot.access.directory import CachedGroups, Directory
from bot.access.help_service import HelpServices
from bot.access.proposal import Propose
from bot.access.roles import Role
from bot.actions import grammar
from bot.actions.service import Service, TargetReader
from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import CLUSTERS, Runtime
from bot.adapters.openstack.cloud_services import CloudServices
from bot.audit.log import AuditLog
from bot.audit.service import Anchors, AuditServices, NoAnchors, seal_reader
from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail
from bot.clusters.driver_catalog import list_drivers, show_driver
from bot.clusters.lifecycle import creation, deletion, results
from bot.clusters.lifecycle.creation import ClusterCreation
from bot.clusters.lifecycle.deletion import ClusterDeletion
from bot.clusters.lifecycle.ports import LifecycleTimeouts, NoMigrations, ProjectClouds
from bot.clusters.lifecycle.project_clouds import project_clouds
from bot.clusters.lifecycle.provisioner import Provisioner
from bot.clusters.projects import Projects
from bot.clusters.readers import TargetReaders
from bot.clusters.service import ClusterServices
from bot.clusters.templates.service import TemplateServices, creating
from bot.clusters.verification import VerificationServices
from bot.common.problems import Problem
from bot.common.redaction import Redactor
from bot.drivers.verification.verifier import Verifier
from bot.migration.planning.planner import Planner
from bot.migration.readers import MigrationReaders
from bot.migration.service import MigrationServices
from bot.migration.workflow import events
from bot.migration.workflow import workflow as migration
from bot.migration.workflow.decisions import ApprovalDecisions
from bot.migration.workflow.ports import DecisionPort, ProjectPortsFactory
from bot.migration.workflow.project_ports import ConfiguredPorts, live_cloud
from bot.migration.workflow.workflow import MigrationWorkflow
from bot.policy.clusters import PolicyClusters
from bot.policy.proposals import PolicyProposals
from bot.policy.readers import PolicyReaders
from bot.policy.service import PolicyServices
from bot.requests.approval_gate import ApprovalGate
from bot.requests.long_running import LongRunningOperations
from bot.requests.pipeline import RequestHandler
from bot.requests.ports import Attachments, Offers
from bot.settings import Configuration, Settings
from bot.settings.holder import SettingsHolder
from storage.approvals import ApprovalRepository
from storage.audit import AuditRepository
from storage.audit_chain import AuditChain
from storage.cluster_migrations import ClusterMigrationRepository
from storage.continuations import ContinuationRepository
from storage.database import Database, DatabaseError
from storage.migration_turns import MigrationTurnRepository
from storage.policy_changes import PolicyChangeRepository
from storage.reservations import ReservationRepository
from storage.verifications import VerificationRepository

MIGRATIONS = "migrations"  # the queue of migrations
# of one project at once, those that wait for people or for time included: each is a thread that sleeps. How
# many of them are at work is `migration.per_project`, by turns that are in the database.
MOST_OPEN_MIGRATIONS = 500


class NoDatabase(Problem):
    """The database cannot be opened."""


def utc_now() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


def open_database(holder: SettingsHolder) -> Database:
    """Open the database and bring it to this version's schema. Raises `NoDatabase`."""
    folder = holder.now.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database.open(holder.now.database.get_secret_value())
        database.upgrade()
    except (DatabaseError, OSError) as error:
        raise NoDatabase(
            "The database cannot be opened",
            why=str(error),
            fix=(
                "Check XK8S_DATABASE_URL and XK8S_DATA_DIR; a new version's schema is made by `xk8s db"
                " upgrade`."
            ),
        ) from error
    return database


def unshared_key(settings: Settings, database: Database) -> str:
    """What it means that replicas would have no key in common; empty if they have, or there can be only
    one.
    """
    if settings.audit_key or database.dialect == "sqlite":
        return ""
    return (
        "XK8S_AUDIT_KEY is not set: the audit chain is not signed, and a migration that another replica takes"
        " over pauses if a Secret was written meanwhile; set one key for all replicas (`openssl rand -hex"
        " 32`)"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Core:
    """The parts that every entry uses."""

    holder: SettingsHolder
    database: Database
    audit: AuditLog
    trail: AuditTrail
    keyring: Keyring
    authoriser: Authoriser
    services: Mapping[str, Service[Any]]
    readers: Mapping[str, TargetReader]
    continuing: LongRunningOperations
    continuations: ContinuationRepository
    runtime: Runtime
    ends: OutcomeCodec
    approvals: Approvals
    proposals: Mapping[str, Propose]

    def handler(self, offers: Offers, attachments: Attachments | None = None) -> RequestHandler:
        """A handler of requests whose buttons and forms mean what `offers` says, with what was sent along."""
        approving = ApprovalGate(
            self.approvals,
            proposals=self.proposals,
            deciders=self.authoriser.deciders,
            home_channel=self._home_channel,
            now=utc_now,
        )
        return RequestHandler(
            parse=grammar.parse,
            offers=offers,
            approvals=approving,
            access=self.authoriser,
            audit=self.audit,
            services=self.services,
            continuing=self.continuing,
            attachments=attachments,
        )

    def _home_channel(self, project: str) -> str:
        return home_channel(self.holder.now.configuration, project)


def home_channel(configuration: Configuration, project: str) -> str:
    """Where what was asked for in no channel is decided: the project's first one; empty if it has none."""
    found = configuration.projects.get(project)
    return found.channels[0] if found and found.channels else ""


def build(
    holder: SettingsHolder,
    database: Database,
    *,
    directory: Directory,
    team: Callable[[], str],
    decided: Callable[[], None] = lambda: None,
    stranger: Callable[[], None] = lambda: None,
    anchors: Anchors | None = None,
    redactor: Redactor | None = None,
    thread_link: Callable[[str], str] = lambda _operation: "",
) -> Core:
    """Wire the parts. Nothing is connected yet but the database; `decided` is called when an approval
    changes.

    `thread_link` leads to the thread of an operation; where there are no threads, nowhere.
    """
    hidden = redactor or Redactor()
    hidden.learn_all(holder.now)

    def configuration() -> Configuration:
        return holder.now.configuration

    def access() -> dict[str, ProjectAccess]:
        return project_access(configuration())

    groups = CachedGroups(
        directory.group,
        now=utc_now,
        refresh=lambda: configuration().groups.refresh,
        grace=lambda: configuration().groups.grace,
    )
    authoriser = Authoriser(projects=access, directory=directory, groups=groups, team=team, stranger=stranger)
    audit = AuditLog(AuditRepository(database), now=utc_now, redactor=hidden)
    keyring = Keyring(holder.now.audit_key)
    chain = AuditChain(database)
    trail = AuditTrail(chain, keyring)
    projects = Projects(lambda: holder.now, now=utc_now, learn=hidden.learn)
    verifier = Verifier(
        now=utc_now,
        parallel=lambda: configuration().verification.parallel_clusters,
        seconds=lambda: configuration().verification.timeout.total_seconds(),
    )
    verifications = VerificationRepository(database)
    keep = verifications.keep
    verification = VerificationServices(projects, verifier, keep)
    approvals = Approvals(
        ApprovalRepository(database),
        rules=lambda: approval_rules(configuration()),
        now=utc_now,
        decided=decided,
    )
    approval_services = ApprovalServices(approvals, authoriser.deciders, utc_now)
    changes = PolicyChangeRepository(database)
    inside = PolicyClusters(projects, seconds=lambda: configuration().verification.timeout.total_seconds())
    policies = PolicyServices(inside, changes, now=utc_now)
    proposed = PolicyProposals(policies, approvals.needed)
    services: dict[str, Service[Any]] = {}
    talk = HelpServices(authoriser, lambda: frozenset(services))
    continuations = ContinuationRepository(database)
    templates = TemplateServices(projects, creating(continuations.unended))
    register = ClusterMigrationRepository(database)
    clusters = ClusterServices(projects, register)
    ports = functools.partial(
        ConfiguredPorts,
        projects=projects,
        clouds=(found := project_clouds(projects, verifier, keep, verifications.forget)),
        services=functools.cache(CloudServices),
        settings=lambda: holder.now,
        verifier=verifier,
        keep=keep,
    )
    planner = Planner(projects, lambda: holder.now)
    migrations = MigrationServices(planner, register, approvals, thread_link, utc_now)
    proposals: dict[str, Propose] = {
        "template.publish": templates.propose_publish,
        "template.delete": templates.propose_delete,
        "cluster.create": clusters.propose_create,
        "cluster.delete": clusters.propose_delete,
        "migrate.start": migrations.propose,
        "policy.apply": proposed.apply,
        "policy.delete": proposed.delete,
        "policy.rollback": proposed.rollback,
    }
    audits = AuditServices(audit, trail, anchors or NoAnchors(), authoriser, access, utc_now)
    services |= {
        "help": talk.help,
        "whoami": talk.whoami,
        "driver.list": list_drivers,
        "driver.show": show_driver,
        "template.create": templates.create,
        "template.list": templates.list,
        "template.show": templates.show,
        "template.publish": templates.publish,
        "template.unpublish": templates.unpublish,
        "template.hide": templates.hide,
        "template.delete": templates.delete,
        "cluster.list": clusters.list,
        "cluster.show": clusters.show,
        "cluster.create": clusters.create,
        "cluster.delete": clusters.delete,
        "verify": verification.verify,
        "policy.presets": policies.presets,
        "policy.list": policies.list,
        "policy.show": policies.show,
        "policy.preview": policies.preview,
        "policy.apply": policies.apply,
        "policy.delete": policies.delete,
        "policy.rollback": policies.rollback,
        "policy.reach": policies.reach,
        "migrate.start": migrations.start,
        "migrate.list": migrations.list,
        "migrate.show": migrations.show,
        "migrate.pause": migrations.pause,
        "migrate.resume": migrations.resume,
        "migrate.cancel": migrations.cancel,
        "migrate.rollback": migrations.rollback,
        "approvals.list": approval_services.list,
        "approvals.withdraw": approval_services.withdraw,
        "approvals.form": approval_services.form,
        "approvals.decide": approval_services.decide,
        "audit.list": audits.list,
        "audit.verify": audits.verify,
    }
    ends = OutcomeCodec(results.KINDS | events.KINDS)
    decisions = ApprovalDecisions(
        approvals=approvals,
        continuations=continuations,
        deciders=authoriser.deciders,
        home_channel=lambda project: home_channel(configuration(), project),
    )
    url = str(holder.now.database.get_secret_value())
    runtime = _operations(configuration, database, url, ends, found, register, ports, decisions)
    continuing = LongRunningOperations(
        continuations, audit=audit, work=runtime, decode=ends.decode, now=utc_now
    )
    return Core(
        holder=holder,
        database=database,
        audit=audit,
        trail=trail,
        keyring=keyring,
        authoriser=authoriser,
        services=services,
        readers=TargetReaders(projects).all()
        | PolicyReaders(inside, changes).all()
        | MigrationReaders(register).all()
        | {"audit.seal": seal_reader(chain)},
        continuing=continuing,
        continuations=continuations,
        runtime=runtime,
        ends=ends,
        approvals=approvals,
        proposals=proposals,
    )


def _operations(
    configuration: Callable[[], Configuration],
    database: Database,
    url: str,
    ends: OutcomeCodec,
    found: ProjectClouds,
    register: ClusterMigrationRepository,
    ports: ProjectPortsFactory,
    decisions: DecisionPort,
) -> Runtime:
    """The durable work, registered; it is launched by whoever needs it."""

    def limits() -> LifecycleTimeouts:
        given = configuration().operations
        return LifecycleTimeouts(
            create=given.create_timeout, delete=given.delete_timeout, verify=given.verify_timeout
        )

    runtime = Runtime(
        url,
        ends=ends,
        per_project={
            CLUSTERS: lambda: configuration().operations.per_project,
            MIGRATIONS: lambda: MOST_OPEN_MIGRATIONS,
        },
    )
    building = Provisioner(ReservationRepository(database), now=utc_now)
    runtime.register(
        creation.WORK, ClusterCreation(found, building, limits=limits, now=utc_now), queue=CLUSTERS
    )
    runtime.register(
        deletion.WORK, ClusterDeletion(found, migrations=register, limits=limits, now=utc_now), queue=CLUSTERS
    )
    own = ClusterDeletion(
        lambda project, operation: live_cloud(found, project, operation),
        migrations=NoMigrations(),
        limits=limits,
        now=utc_now,
    )
    runtime.register(
        migration.WORK,
        MigrationWorkflow(
            register=register,
            limiter=MigrationTurnRepository(database),
            ports=ports,
            decisions=decisions,
            provisioner=building,
            delete_cluster=own,
            timeouts=limits,
            concurrency=lambda: configuration().migration.per_project,
            ready_within=lambda: configuration().migration.ready_timeout,
            retry_within=lambda: configuration().migration.retry_for,
            now=utc_now,
        ),
        queue=MIGRATIONS,
    )
    return runtime


def approval_rules(configuration: Configuration) -> ApprovalRules:
    """What the configuration says of approvals, as access sees it."""
    found = configuration.approvals
    return ApprovalRules(
        required=frozenset(found.required),
        expire=found.expire,
        remind=min(found.remind, found.expire / 2),
        approvers=found.approvers,
        reason=found.reason,
    )


def project_access(configuration: Configuration) -> dict[str, ProjectAccess]:
    """The configuration's projects as access sees them."""
    return {
        name: ProjectAccess(
            name=name,
            channels=frozenset(project.channels),
            roles={
                role: RoleMembers(
                    users=frozenset(members.users),
                    groups=frozenset(members.groups),
                    everyone=members.everyone,
                    terminal=frozenset(members.terminal),
                )
                for role in Role
                for members in [getattr(project.roles, role)]
            },
        )
        for name, project in configuration.projects.items()
    }
