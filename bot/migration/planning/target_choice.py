"""Which cluster a migration goes to: one that exists, or one that is deployed from a template."""

import dataclasses

from bot.actions.clusters import ClusterCreate
from bot.actions.migrations import MigrateStart
from bot.clusters.cluster import AmbiguousCluster, Cluster
from bot.clusters.lifecycle.orders import build_order, refuse_taken_name
from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.clusters.projects import ProjectParts
from bot.clusters.templates.results import AmbiguousTemplate, Template
from bot.common.problems import Ambiguous, Choice, Refusal
from bot.drivers.catalog import recommended
from bot.drivers.driver import Driver
from bot.migration.inventory.served_apis import version_numbers
from bot.migration.planning.plan import ClusterSide


class CannotMigrate(Refusal):
    """The words do not make a migration."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetChoice:
    """The target of a migration: a `cluster` that exists, or the `order` of a new one."""

    side: ClusterSide
    cluster: Cluster | None = None
    order: ClusterOrder | None = None


def choose_target(parts: ProjectParts, action: MigrateStart, source: Cluster) -> TargetChoice:
    """Choose the target by `--into`, `--template` or `--to`.

    Raises `Ambiguous` where a person has to pick, and `CannotMigrate` where there is nothing to pick from.
    """
    if action.into is not None:
        return _existing(parts, action.into, source)
    if action.template is None:
        return _new(parts, action, source, _only_template(parts, action.to or recommended().driver, source))
    try:
        template = parts.templates().show(action.template).template
    except AmbiguousTemplate as error:
        raise Ambiguous(error.what, choices=error.choices, fix=error.fix, field="template") from error
    return _new(parts, action, source, template)


def cluster_side(cluster: Cluster) -> ClusterSide:
    """Describe a cluster as one side of a plan. Raises `CannotMigrate` if nobody knows its driver."""
    if cluster.driver is None:
        raise CannotMigrate(
            f"Nobody knows which driver {cluster.name} is meant to run",
            fix=f"Set `projects.{cluster.project}.clusters.{cluster.name}.driver` in the configuration.",
        )
    return ClusterSide(
        name=cluster.name,
        driver=cluster.driver,
        id=cluster.id,
        kubernetes=cluster.kubernetes,
        template=cluster.template,
        nodes=cluster.nodes,
        masters=cluster.masters,
    )


def _existing(parts: ProjectParts, name: str, source: Cluster) -> TargetChoice:
    try:
        cluster = parts.catalog.find(name)
    except AmbiguousCluster as error:
        raise Ambiguous(error.what, choices=error.choices, fix=error.fix, field="into") from error
    if cluster.id == source.id:
        raise CannotMigrate("The source and the target are one cluster", fix="Say another one with `--into`.")
    if cluster.from_magnum and not cluster.status.endswith("_COMPLETE"):
        raise CannotMigrate(
            f"{cluster.name} is {cluster.status}", fix="Wait until it is complete, or take another one."
        )
    return TargetChoice(side=cluster_side(cluster), cluster=cluster)


def _only_template(parts: ProjectParts, driver: Driver, source: Cluster) -> Template:
    """The one visible template of a driver whose Kubernetes is not older than the source's."""
    if driver == source.driver:
        raise CannotMigrate(
            f"{source.name} runs {driver} already",
            why="a migration changes the driver",
            fix="To move it to a cluster with the same one, say `--template T` or `--into CLUSTER`.",
        )
    visible = [template for template in parts.templates().list(driver).templates if not template.hidden]
    oldest = version_numbers(source.kubernetes)
    templates = [template for template in visible if version_numbers(template.kubernetes) >= oldest]
    if len(templates) == 1:
        return templates[0]
    if not templates:
        older = f"there are {len(visible)}, all with an older Kubernetes than {source.kubernetes}"
        raise CannotMigrate(
            f"There is no template with {driver} for {source.name}",
            why=older if visible else "",
            fix=f"Create one: `/xk8s template create {driver}`",
        )
    raise Ambiguous(
        f"{len(templates)} templates have {driver} and a Kubernetes that is not older",
        choices=[
            Choice(template.id, f"{template.name}, Kubernetes {template.kubernetes or '?'}")
            for template in templates
        ],
        fix="Pick one, or say `--template T` in place of `--to`.",
        field="template",
        in_place_of="to",
    )


def _new(parts: ProjectParts, action: MigrateStart, source: Cluster, template: Template) -> TargetChoice:
    """A target that is still to be deployed, as large as the source unless the words say otherwise."""
    if template.driver is None:
        raise CannotMigrate(
            f"The template {template.name} has the driver {template.network_driver}, which I do not know",
            fix="Take another one: `/xk8s template list`.",
        )
    base = source.name.removesuffix(f"-{source.driver}")
    # More than one master needs the load balancer of the template.
    masters = action.masters or ((source.masters or 1) if template.balanced else 1)
    words = ClusterCreate(
        cluster=action.new_name or f"{base}-{template.driver}",
        template=template.name,
        nodes=action.nodes or source.nodes,
        masters=masters,
    )
    order = build_order(words, template)
    try:
        refuse_taken_name(parts, order.name)
    except Refusal as refusal:
        fix = "Say another name with `--name`, or move into it with `--into`."
        raise CannotMigrate(refusal.what, why=refusal.why, fix=fix) from refusal
    side = ClusterSide(
        name=order.name,
        driver=template.driver,
        kubernetes=template.kubernetes,
        template=template.id,
        nodes=order.nodes,
        masters=order.masters,
    )
    return TargetChoice(side=side, order=order)
