"""The durable workflows of the process, registered; whoever needs the runtime launches it."""

from __future__ import annotations

from collections.abc import Callable

from bot.access.approvals import Approvals
from bot.access.authorisation import Deciders
from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import CLUSTERS, Runtime
from bot.app.access_rules import home_channel
from bot.app.clock import utc_now
from bot.app.parts import Shared
from bot.clusters.lifecycle import creation, deletion
from bot.clusters.lifecycle.creation import ClusterCreation
from bot.clusters.lifecycle.deletion import ClusterDeletion
from bot.clusters.lifecycle.ports import LifecycleTimeouts, NoMigrations, ProjectClouds
from bot.clusters.lifecycle.provisioner import Provisioner
from bot.migration.decisions import ApprovalDecisions
from bot.migration.project_ports import Tools, live_site
from bot.migration.workflow import workflow as migration
from bot.migration.workflow.ports import DecisionPort
from bot.migration.workflow.workflow import MigrationWorkflow
from storage.cluster_migrations import ClusterMigrationRepository
from storage.continuations import ContinuationRepository
from storage.migration_turns import MigrationTurnRepository
from storage.reservations import ReservationRepository

MIGRATIONS = "migrations"  # the queue of migrations
# Open migrations of one project, those that wait for people or for time included: each is a thread that
# sleeps. How many are at work is `migration.per_project`, by permits that are in the database.
MOST_OPEN_MIGRATIONS = 500


def runtime(shared: Shared, codec: OutcomeCodec) -> Runtime:
    """Build the runtime with its queues, without workflows."""
    return Runtime(
        str(shared.holder.now.database.get_secret_value()),
        ends=codec,
        per_project={
            CLUSTERS: lambda: shared.configuration.operations.per_project,
            MIGRATIONS: lambda: MOST_OPEN_MIGRATIONS,
        },
    )


def decisions(shared: Shared, approvals: Approvals, deciders: Callable[[str], Deciders]) -> ApprovalDecisions:
    """Build the approvals that a workflow waits for."""
    return ApprovalDecisions(
        approvals,
        ContinuationRepository(shared.database),
        deciders=deciders,
        home_channel=lambda project: home_channel(shared.configuration, project),
    )


def register_cluster_workflows(target: Runtime, shared: Shared, clouds: ProjectClouds) -> None:
    """Register the creation and the deletion of clusters."""
    limits = _limits(shared)
    target.register(
        creation.WORK,
        ClusterCreation(clouds, _provisioner(shared), limits=limits, now=utc_now),
        queue=CLUSTERS,
    )
    target.register(
        deletion.WORK,
        ClusterDeletion(
            clouds, migrations=ClusterMigrationRepository(shared.database), limits=limits, now=utc_now
        ),
        queue=CLUSTERS,
    )


def register_migration_workflow(target: Runtime, shared: Shared, tools: Tools, decide: DecisionPort) -> None:
    """Register the migration. It deletes its own source, which open migrations would otherwise forbid."""
    limits = _limits(shared)
    delete_source = ClusterDeletion(
        lambda project, operation: live_site(tools.sites, project, operation),
        migrations=NoMigrations(),
        limits=limits,
        now=utc_now,
    )
    target.register(
        migration.WORK,
        MigrationWorkflow(
            register=ClusterMigrationRepository(shared.database),
            turns=MigrationTurnRepository(shared.database),
            grounds=tools.ground,
            decisions=decide,
            building=_provisioner(shared),
            remove=delete_source,
            limits=limits,
            at_once=lambda: shared.configuration.migration.per_project,
            ready_within=lambda: shared.configuration.migration.ready_timeout,
            retry_for=lambda: shared.configuration.migration.retry_for,
            now=utc_now,
        ),
        queue=MIGRATIONS,
    )


def _provisioner(shared: Shared) -> Provisioner:
    return Provisioner(ReservationRepository(shared.database), now=utc_now)


def _limits(shared: Shared) -> Callable[[], LifecycleTimeouts]:
    def limits() -> LifecycleTimeouts:
        operations = shared.configuration.operations
        return LifecycleTimeouts(
            create=operations.create_timeout,
            delete=operations.delete_timeout,
            verify=operations.verify_timeout,
        )

    return limits
