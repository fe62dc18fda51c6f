"""The durable runtime of the process and its workflows; whoever needs the runtime launches it."""

import dataclasses
from collections.abc import Callable

from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import CLUSTERS, Runtime
from bot.app.clock import utc_now
from bot.clusters.lifecycle import creation, deletion
from bot.clusters.lifecycle.creation import ClusterCreation
from bot.clusters.lifecycle.deletion import ClusterDeletion
from bot.clusters.lifecycle.ports import LifecycleTimeouts, NoMigrations, ProjectClouds
from bot.clusters.lifecycle.provisioner import Provisioner
from bot.migration.workflow import workflow as migration
from bot.migration.workflow.ports import DecisionPort, ProjectPortsFactory
from bot.migration.workflow.project_ports import live_cloud
from bot.migration.workflow.workflow import MigrationWorkflow
from bot.settings import Configuration
from storage.cluster_migrations import ClusterMigrationRepository
from storage.database import Database
from storage.migration_permits import MigrationPermitRepository
from storage.reservations import ReservationRepository

MIGRATIONS = "migrations"  # the queue of migrations
# Open migrations of one project, those that wait for people or for time included: each is a thread that
# sleeps. How many are at work is `migration.per_project`, by permits that are in the database.
MOST_OPEN_MIGRATIONS = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workflows:
    """What the workflows are built from."""

    database: Database
    configuration: Callable[[], Configuration]
    clouds: ProjectClouds
    ports: ProjectPortsFactory
    decisions: DecisionPort

    def runtime(self, url: str, codec: OutcomeCodec) -> Runtime:
        """Return a runtime with its queues and all workflows registered."""
        runtime = Runtime(
            url,
            outcomes=codec,
            per_project={
                CLUSTERS: lambda: self.configuration().operations.per_project,
                MIGRATIONS: lambda: MOST_OPEN_MIGRATIONS,
            },
        )
        clouds, register = self.clouds, ClusterMigrationRepository(self.database)
        provisioner = Provisioner(ReservationRepository(self.database), now=utc_now)
        create = ClusterCreation(clouds, provisioner, limits=self._limits, now=utc_now)
        delete = ClusterDeletion(clouds, migrations=register, limits=self._limits, now=utc_now)
        runtime.register(creation.WORK, create, queue=CLUSTERS)
        runtime.register(deletion.WORK, delete, queue=CLUSTERS)
        runtime.register(migration.WORK, self._migration(provisioner), queue=MIGRATIONS)
        return runtime

    def _migration(self, provisioner: Provisioner) -> MigrationWorkflow:
        """The migration deletes its own source, which open migrations otherwise forbid."""
        delete_source = ClusterDeletion(
            lambda project, operation: live_cloud(self.clouds, project, operation),
            migrations=NoMigrations(),
            limits=self._limits,
            now=utc_now,
        )
        return MigrationWorkflow(
            register=ClusterMigrationRepository(self.database),
            limiter=MigrationPermitRepository(self.database),
            ports=self.ports,
            decisions=self.decisions,
            provisioner=provisioner,
            delete_cluster=delete_source,
            timeouts=self._limits,
            concurrency=lambda: self.configuration().migration.per_project,
            ready_within=lambda: self.configuration().migration.ready_timeout,
            retry_within=lambda: self.configuration().migration.retry_for,
            now=utc_now,
        )

    def _limits(self) -> LifecycleTimeouts:
        operations = self.configuration().operations
        return LifecycleTimeouts(
            create=operations.create_timeout,
            delete=operations.delete_timeout,
            verify=operations.verify_timeout,
        )
