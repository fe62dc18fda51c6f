"""Cluster words to the project's catalogue, and to the durable work behind creation and deletion."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from bot import __version__
from bot.access.proposal import Proposal, digest
from bot.actions.clusters import ClusterCreate, ClusterDelete, ClusterList, ClusterShow
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, LongRunning, TargetReader
from bot.adapters.kube.client import Kube
from bot.clusters.cloud_resources import Belongings, belongings
from bot.clusters.cluster import Cluster, Listed
from bot.clusters.lifecycle import creation, deletion
from bot.clusters.lifecycle.deletion import refuse_named
from bot.clusters.lifecycle.ports import NoMigrations, OpenMigrations
from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.templates.results import Template
from bot.common.problems import Problem, Refusal

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")  # Magnum's rule
LONGEST_NAME = 63  # names of servers are made of it, and those are host names
SECONDS_TO_COUNT = 10.0  # for what belongs to a cluster that is to be deleted


class BadCluster(Refusal):
    """A cluster cannot be made like this."""


class ClusterTaken(Refusal):
    """A cluster of that name exists already."""


class NotMagnums(Refusal):
    """Magnum does not know the cluster."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOverview:
    """A project's clusters."""

    project: str
    listed: Listed

    @property
    def shortfall(self) -> str:
        """What is missing from the list, and why."""
        return "; ".join(self.listed.missing)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDetails:
    """One cluster."""

    cluster: Cluster


@dataclasses.dataclass(frozen=True)
class ClusterServices:
    """The cluster words."""

    projects: Projects
    migrations: OpenMigrations = dataclasses.field(default_factory=NoMigrations)

    def list(self, _action: ClusterList, context: Context) -> ClusterOverview:
        """The project's clusters."""
        project = self.projects.get(context.project, operation=context.operation)
        return ClusterOverview(project=project.name, listed=project.catalog.all())

    def show(self, action: ClusterShow, context: Context) -> ClusterDetails:
        """One cluster."""
        return ClusterDetails(
            cluster=self.projects.get(context.project, operation=context.operation).catalog.find(
                action.cluster
            )
        )

    def create(self, action: ClusterCreate, context: Context) -> LongRunning:
        """Have a cluster created. Raises `Refusal` for what can be known beforehand."""
        project = self.projects.get(context.project, operation=context.operation)
        order = order_of(action, project.templates().show(action.template).template)
        refuse_taken(project, order.name)
        return LongRunning(work=creation.WORK, input=order.to_json())

    def propose_create(self, action: ClusterCreate, context: Context) -> Proposal:
        """What a creation makes. Raises `Refusal` for what cannot be created."""
        project = self.projects.get(context.project, operation=context.operation)
        template = project.templates().show(action.template).template
        order = order_of(action, template)
        refuse_taken(project, order.name)
        return Proposal(
            kind="cluster.create",
            headline=f"Create the cluster {order.name} from {order.template_name}",
            consequences=(
                (
                    f"{order.nodes} {'node' if order.nodes == 1 else 'nodes'} and {order.masters} of the"
                    f" control plane, {order.driver}, Kubernetes {order.kubernetes or 'as Magnum has it'}"
                ),
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
        """What a deletion takes and leaves. Raises `Refusal` for a cluster that may not be deleted."""
        cluster = self._deletable(action, context)
        counted, uncounted = self._belongings(cluster, context)
        warnings = [f"{cluster.name} is marked as production"] if cluster.production else []
        return Proposal(
            kind="cluster.delete",
            headline=f"Delete the cluster {cluster.name}",
            consequences=_consequences(cluster, counted),
            warnings=(*warnings, *uncounted),
            target=cluster.name,
            target_id=cluster.id,
            bound={"name": cluster.name, "template": cluster.template},
            typed=cluster.name,
            destructive=True,
        )

    def _deletable(self, action: ClusterDelete, context: Context) -> Cluster:
        cluster = self.projects.get(context.project, operation=context.operation).catalog.find(action.cluster)
        if not cluster.from_magnum:
            raise NotMagnums(
                f"{cluster.name} is known from a kubeconfig file only, so I cannot delete it",
                why="Magnum did not deploy it",
                fix=(
                    f"To forget it, take `projects.{cluster.project}.clusters.{cluster.name}` out of the"
                    " configuration."
                ),
            )
        refuse_named(self.migrations, cluster.name, cluster.id, cluster.labels)
        return cluster

    def _belongings(self, cluster: Cluster, context: Context) -> tuple[Belongings | None, tuple[str, ...]]:
        project = self.projects.get(context.project, operation=context.operation)
        try:
            kube = Kube(
                project.credentials.endpoint(cluster),
                user_agent=f"xk8s/{__version__} (operation {context.operation})",
                seconds=SECONDS_TO_COUNT,
            )
            try:
                return belongings(kube), ()
            finally:
                kube.close()
        except Problem as unread:
            why = f"{unread.what}: {unread.why}" if unread.why else unread.what
            return None, (f"its load balancers and volumes could not be counted: {why}",)


def order_of(action: ClusterCreate, template: Template) -> ClusterOrder:
    """What Magnum is to build. Raises `BadCluster` for what it could not."""
    name, nodes = action.cluster, 1 if action.nodes is None else action.nodes
    masters = 1 if action.masters is None else action.masters
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise BadCluster(
            f"`{name}` cannot be a cluster's name",
            why=(
                f"it begins with a letter, then letters, digits, `.`, `_` and `-`, at most {LONGEST_NAME}"
                " characters"
            ),
            fix=f"Say another: `/xk8s cluster create dev-eu --template {template.name}`",
        )
    if nodes < 1:
        raise BadCluster(
            "A cluster needs at least one node",
            why="pods of its network driver would have nowhere to run",
            fix="Say `--nodes 1` or more.",
        )
    if masters % 2 == 0:
        raise BadCluster(
            f"{masters} control-plane nodes are not possible",
            why="etcd needs an odd number of members",
            fix="Say `--masters 1`, `--masters 3` or `--masters 5`.",
        )
    if masters > 1 and not template.balanced:
        raise BadCluster(
            f"With the template {template.name} a cluster has one control-plane node",
            why="it puts no load balancer before the control plane (master_lb_enabled)",
            fix="Say `--masters 1`, or take a template with a load balancer: `/xk8s template create`",
        )
    return ClusterOrder(
        name=name,
        template=template.id,
        template_name=template.name,
        driver=template.network_driver,
        kubernetes=template.kubernetes,
        nodes=nodes,
        masters=masters,
    )


def refuse_taken(project: ProjectParts, name: str) -> None:
    """Two clusters of one name could never be told apart again. Raises `ClusterTaken`, or why it is not
    known.
    """
    listed = project.catalog.all()
    taken = next((cluster for cluster in listed.clusters if cluster.name == name), None)
    if taken is not None:
        where = f"{taken.status} in Magnum" if taken.from_magnum else "known from a kubeconfig file"
        raise ClusterTaken(
            f"A cluster {name} exists already",
            why=f"id {taken.id}, {where}",
            fix=f"Use it (`/xk8s cluster show {name}`), or say another name.",
        )
    if listed.unread is not None:
        raise listed.unread


def _consequences(cluster: Cluster, counted: Belongings | None) -> tuple[str, ...]:
    nodes = f"{cluster.nodes} {'node' if cluster.nodes == 1 else 'nodes'}"
    lines = [f"{nodes} and {cluster.masters} of the control plane go, with all that is on their disks"]
    if counted is None:
        lines.append(
            "every load balancer that Kubernetes made for it goes, with the floating IP it was given"
        )
    elif counted.load_balancers:
        number = len(counted.load_balancers)
        shown = ", ".join(counted.load_balancers[:5]) + (", …" if number > 5 else "")
        ones = "load balancer goes" if number == 1 else "load balancers go"
        lines.append(f"{number} {ones}, with the floating IPs made for them: {shown}")
    lines.append("the private network, router and security groups that Magnum made for it go")
    if counted is None:
        lines.append("Cinder volumes of its PersistentVolumes stay, and nothing deletes them any more")
    elif counted.volumes:
        ones = (
            "Cinder volume of a PersistentVolume stays"
            if counted.volumes == 1
            else "Cinder volumes of PersistentVolumes stay"
        )
        lines.append(f"{counted.volumes} {ones}, and nothing deletes them any more")
    else:
        lines.append("it has no Cinder volumes that would stay")
    return tuple(lines)


def routes(services: ClusterServices, readers: Mapping[str, TargetReader]) -> Routes:
    """Return the routes of the cluster actions; `readers` are by the action's name."""
    return Routes(
        Route(ClusterList, services.list),
        Route(ClusterShow, services.show),
        Route(ClusterCreate, services.create, proposal=services.propose_create),
        Route(ClusterDelete, services.delete, proposal=services.propose_delete),
        readers=readers,
    )
