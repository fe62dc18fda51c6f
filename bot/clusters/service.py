"""The services of `cluster`: reads from the catalogue, durable creation and deletion, and their proposals."""

import dataclasses
from collections.abc import Mapping

from bot.actions.clusters import ClusterCreate, ClusterDelete, ClusterList, ClusterShow
from bot.actions.proposal import Proposal
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, LongRunning, TargetReader
from bot.clusters.cloud_resources import CloudResources, deletion_consequences, read_cloud_resources
from bot.clusters.cluster import Cluster, ClusterListing
from bot.clusters.lifecycle import creation, deletion
from bot.clusters.lifecycle.deletion import refuse_migrating
from bot.clusters.lifecycle.orders import build_order, refuse_taken_name
from bot.clusters.lifecycle.ports import NoMigrations, OpenMigrations
from bot.clusters.projects import ProjectParts, Projects
from bot.common.canonical_json import digest
from bot.common.problems import Problem, Refusal
from bot.common.wording import count

SECONDS_TO_COUNT = 10.0  # for the cloud resources of a cluster that is to be deleted


class NotMagnums(Refusal):
    """Magnum does not know the cluster."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOverview:
    """The clusters of one project."""

    project: str
    listed: ClusterListing

    @property
    def shortfall(self) -> str:
        """What is missing from the list, and why; empty if nothing is."""
        return "; ".join(self.listed.missing)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDetails:
    """One cluster in full."""

    cluster: Cluster


@dataclasses.dataclass(frozen=True)
class ClusterServices:
    """Serves the words of `cluster`. Every method raises `Problem` if the project's cloud cannot be read."""

    projects: Projects
    migrations: OpenMigrations = dataclasses.field(default_factory=NoMigrations)

    def list(self, _action: ClusterList, context: Context) -> ClusterOverview:
        """List the project's clusters."""
        project = self._project(context)
        return ClusterOverview(project=project.name, listed=project.catalog.all())

    def show(self, action: ClusterShow, context: Context) -> ClusterDetails:
        """Show one cluster in full."""
        return ClusterDetails(cluster=self._project(context).catalog.find(action.cluster))

    def create(self, action: ClusterCreate, context: Context) -> LongRunning:
        """Have a cluster created. Raises `Refusal` for what can be known to fail beforehand."""
        project = self._project(context)
        order = build_order(action, project.templates().show(action.template).template)
        refuse_taken_name(project, order.name)
        return LongRunning(work=creation.WORK, input=order.to_json())

    def propose_create(self, action: ClusterCreate, context: Context) -> Proposal:
        """Describe a creation for an approval. Raises `Refusal` as `create` does."""
        project = self._project(context)
        template = project.templates().show(action.template).template
        order = build_order(action, template)
        refuse_taken_name(project, order.name)
        return Proposal(
            kind="cluster.create",
            headline=f"Create the cluster {order.name} from {order.template_name}",
            consequences=(
                f"{count(order.nodes, 'node')} and {order.masters} of the control plane, {order.driver},"
                f" Kubernetes {order.kubernetes or 'as Magnum has it'}",
                "it counts against the cloud's quota, and its driver cannot be changed later",
            ),
            target=order.name,
            bound={**order.to_json(), "labels": digest(template.labels)},
        )

    def delete(self, action: ClusterDelete, context: Context) -> LongRunning:
        """Have a cluster deleted. Raises `Refusal` for one that may not be."""
        cluster = self._deletable(action, context)
        return LongRunning(work=deletion.WORK, input={"id": cluster.id, "name": cluster.name})

    def propose_delete(self, action: ClusterDelete, context: Context) -> Proposal:
        """Describe a deletion for an approval, with what goes and what stays. Raises as `delete` does."""
        cluster = self._deletable(action, context)
        resources, uncounted = self._cloud_resources(cluster, context)
        production = (f"{cluster.name} is marked as production",) if cluster.production else ()
        return Proposal(
            kind="cluster.delete",
            headline=f"Delete the cluster {cluster.name}",
            consequences=deletion_consequences(cluster, resources),
            warnings=(*production, *uncounted),
            target=cluster.name,
            target_id=cluster.id,
            bound={"name": cluster.name, "template": cluster.template},
            typed=cluster.name,
            destructive=True,
        )

    def _project(self, context: Context) -> ProjectParts:
        return self.projects.get(context.project, operation=context.operation)

    def _deletable(self, action: ClusterDelete, context: Context) -> Cluster:
        cluster = self._project(context).catalog.find(action.cluster)
        if not cluster.from_magnum:
            raise NotMagnums(
                f"{cluster.name} is known from a kubeconfig file only, so I cannot delete it",
                why="Magnum did not deploy it",
                fix=(
                    f"To forget it, take `projects.{cluster.project}.clusters.{cluster.name}` out of the"
                    " configuration."
                ),
            )
        refuse_migrating(self.migrations, cluster.name, cluster.id, cluster.labels)
        return cluster

    def _cloud_resources(
        self, cluster: Cluster, context: Context
    ) -> tuple[CloudResources | None, tuple[str, ...]]:
        """Count what Kubernetes has created in the cloud; None, and a warning, if it cannot be read."""
        try:
            kube = self._project(context).connect(
                cluster, operation=context.operation, seconds=SECONDS_TO_COUNT
            )
            try:
                return read_cloud_resources(kube), ()
            finally:
                kube.close()
        except Problem as problem:
            why = f"{problem.what}: {problem.why}" if problem.why else problem.what
            return None, (f"its load balancers and volumes could not be counted: {why}",)


def routes(services: ClusterServices, readers: Mapping[str, TargetReader]) -> Routes:
    """Return the routes of the cluster actions; `readers` are by the action's name."""
    return Routes(
        Route(ClusterList, services.list),
        Route(ClusterShow, services.show),
        Route(ClusterCreate, services.create, proposal=services.propose_create),
        Route(ClusterDelete, services.delete, proposal=services.propose_delete),
        readers=readers,
    )
