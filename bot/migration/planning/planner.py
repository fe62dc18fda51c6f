"""From the words of `migrate` to a plan: which clusters and template are meant, and what would become of
everything.

Only reads. The same words and the same clusters make the same plan, so that an approval can be bound to it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.actions.clusters import ClusterCreate
from bot.actions.migrations import MigrateStart
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import KubeError
from bot.clusters.cluster import AmbiguousCluster, Cluster
from bot.clusters.lifecycle.orders import order_of, refuse_taken
from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.clusters.projects import ProjectParts
from bot.clusters.templates.results import AmbiguousTemplate, Template
from bot.common.problems import Ambiguous, Choice, Refusal
from bot.drivers.catalog import recommended
from bot.drivers.driver import Driver
from bot.drivers.verification import collector, detection
from bot.migration.inventory.api_discovery import numbers
from bot.migration.objects.digest_key_source import digest_keys
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.findings import PlanFinding
from bot.migration.planning.plan import ClusterSide, MigrationPlan
from bot.migration.planning.survey import survey
from bot.migration.project_ports import Tools, connected, mappings_of
from bot.settings.file import Duration

SECONDS = 300.0  # for reading one cluster
MOST_BLOCKERS = 25
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)

Json = dict[str, Any]


class CannotMigrate(Refusal):
    """The words do not make a migration."""


class PlanBlocked(Refusal):
    """Something stands against the migration."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationPlanning:
    """A plan is being made."""

    source: str
    doing: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan without blockers, and what the workflow needs beside it (JSON)."""

    plan: MigrationPlan
    order: Json


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Target:
    side: ClusterSide
    order: ClusterOrder | None
    cluster: Cluster | None
    template: Template | None = None


class Planner:
    """Makes plans."""

    def __init__(self, tools: Tools, *, soak: Callable[[], timedelta]) -> None:
        self._tools = tools
        self._soak = soak

    def plan(
        self,
        action: MigrateStart,
        *,
        project: str | None,
        operation: str,
        migration: str,
        told: Callable[[MigrationPlanning], None] = lambda _state: None,
        refuse: Callable[[str], None] = lambda _cluster: None,
    ) -> Planned:
        """Plan it. Raises `Refusal` for what stands against it, `Problem` for what cannot be read.

        `refuse` is given the ids of both clusters before they are read, and raises for one that is not free.
        """
        parts = self._tools.projects.get(project, operation=operation)
        found = parts.catalog.find(action.cluster)
        refuse(found.id)
        told(MigrationPlanning(source=found.name, doing="looking which clusters and template are meant"))
        with self._source(parts, found, operation) as (source, kube):
            target = self._target(parts, action, source)
            if target.cluster is not None:
                refuse(target.cluster.id)
            told(MigrationPlanning(source=source.name, doing="reading everything that would be copied"))
            made = self._made(parts, action, source, target, kube, operation, migration)
        if made.plan.blockers:
            raise blocked(made.plan.source.name, made.plan.blockers)
        return made

    def _made(
        self,
        parts: ProjectParts,
        action: MigrateStart,
        source: Cluster,
        target: _Target,
        kube: Kube,
        operation: str,
        migration: str,
    ) -> Planned:
        settings = self._tools.settings()
        keys = digest_keys(settings)
        with contextlib.ExitStack() as stack:
            there = None
            if target.cluster is not None:
                there = stack.enter_context(self._connected(parts, target.cluster.id, operation))
            found = survey(kube, there, namespaces=action.namespaces, kubernetes=target.side.kubernetes)
        wish = PlanRequest(
            migration=migration,
            source=_side(source, _driver_of(source, kube)),
            target=target.side,
            volumes=action.volumes,
            early=action.start_early,
            mappings=mappings_of(settings, parts.name),
            labels=source.labels,
            same_project=_same_project(source, target),
        )
        soak = _DURATION.validate_python(action.soak) if action.soak else self._soak()
        return Planned(
            plan=build(wish, found, keys.current, mark=keys.mark),
            order={
                "deploy": target.order.to_json() if target.order is not None else None,
                "soak": soak.total_seconds(),
                "namespaces": list(action.namespaces),
                "volumes": list(action.volumes),
                "early": list(action.start_early),
                "labels": dict(source.labels),
                "same_project": wish.same_project,
                "words": action.words(),
            },
        )

    @contextlib.contextmanager
    def _source(self, parts: ProjectParts, found: Cluster, operation: str) -> Iterator[tuple[Cluster, Kube]]:
        if found.from_magnum and not found.status.endswith("_COMPLETE"):
            raise CannotMigrate(
                f"{found.name} is {found.status}",
                why="only a cluster that is complete can be migrated",
                fix=f"See `/xk8s cluster show {found.name}`.",
            )
        with self._connected(parts, found.id, operation) as kube:
            yield dataclasses.replace(found, driver=_driver_of(found, kube)), kube

    def _connected(
        self, parts: ProjectParts, cluster: str, operation: str
    ) -> contextlib.AbstractContextManager[Kube]:
        answer = self._tools.settings().configuration.migration.answer_timeout
        return connected(parts, cluster, operation, answer=answer, seconds=SECONDS)

    def _target(self, parts: ProjectParts, action: MigrateStart, source: Cluster) -> _Target:
        if action.into is not None:
            return _existing(parts, action.into, source)
        if action.template is not None:
            try:
                template = parts.templates().show(action.template).template
            except AmbiguousTemplate as several:
                raise Ambiguous(
                    several.what, choices=several.choices, fix=several.fix, field="template"
                ) from several
        else:
            template = _only_template(parts, action.to or recommended().driver, source)
        return _deployed(parts, action, source, template)


def blocked(name: str, found: tuple[PlanFinding, ...]) -> PlanBlocked:
    """The refusal that lists what stands against a migration, and what to do about each."""
    lines = [
        f"{number}. {each.what}{f': {each.why}' if each.why else ''}{f' → {each.fix}' if each.fix else ''}"
        for number, each in enumerate(found[:MOST_BLOCKERS], 1)
    ]
    more = len(found) - MOST_BLOCKERS
    return PlanBlocked(
        f"{len(found)} {'thing stands' if len(found) == 1 else 'things stand'} against migrating {name}",
        why="\n".join(lines + ([f"and {more} more"] if more > 0 else [])),
        fix="Nothing was changed. Then say it again.",
    )


def _driver_of(cluster: Cluster, kube: Kube) -> Driver:
    """The driver that really runs; the declared one where that cannot be seen. Raises `CannotMigrate`."""
    with contextlib.suppress(KubeError):
        running = detection.running_drivers(collector.daemon_sets(kube))
        if len(running) == 1:
            return running[0].profile.driver
    if cluster.driver is not None:
        return cluster.driver
    raise CannotMigrate(
        f"Nobody knows which driver {cluster.name} runs",
        why="it runs none of those that I know, or several",
        fix="See `/xk8s verify` and `/xk8s driver list`.",
    )


def _side(cluster: Cluster, driver: Driver) -> ClusterSide:
    return ClusterSide(
        name=cluster.name,
        driver=driver,
        id=cluster.id,
        kubernetes=cluster.kubernetes,
        template=cluster.template,
        nodes=cluster.nodes,
        masters=cluster.masters,
    )


def _existing(parts: ProjectParts, name: str, source: Cluster) -> _Target:
    try:
        found = parts.catalog.find(name)
    except AmbiguousCluster as several:
        raise Ambiguous(several.what, choices=several.choices, fix=several.fix, field="into") from several
    if found.id == source.id:
        raise CannotMigrate("The source and the target are one cluster", fix="Say another one with `--into`.")
    if found.from_magnum and not found.status.endswith("_COMPLETE"):
        raise CannotMigrate(
            f"{found.name} is {found.status}", fix="Wait until it is complete, or take another one."
        )
    if found.driver is None:
        raise CannotMigrate(
            f"Nobody knows which driver {found.name} is meant to run",
            fix=f"Set `projects.{parts.name}.clusters.{found.name}.driver` in the configuration.",
        )
    return _Target(side=_side(found, found.driver), order=None, cluster=found)


def _only_template(parts: ProjectParts, driver: Driver, source: Cluster) -> Template:
    """The one visible template of a driver whose Kubernetes is not older; else a person picks."""
    if driver == source.driver:
        raise CannotMigrate(
            f"{source.name} runs {driver} already",
            why="a migration changes the driver",
            fix="To move it to a cluster with the same one, say `--template T` or `--into CLUSTER`.",
        )
    visible = [each for each in parts.templates().list(driver).templates if not each.hidden]
    fitting = [each for each in visible if numbers(each.kubernetes) >= numbers(source.kubernetes)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        older = (
            f"there are {len(visible)}, all with an older Kubernetes than {source.kubernetes}"
            if visible
            else ""
        )
        raise CannotMigrate(
            f"There is no template with {driver} for {source.name}",
            why=older,
            fix=f"Create one: `/xk8s template create {driver}`",
        )
    raise Ambiguous(
        f"{len(fitting)} templates have {driver} and a Kubernetes that is not older",
        choices=[Choice(each.id, f"{each.name}, Kubernetes {each.kubernetes or '?'}") for each in fitting],
        fix="Pick one, or say `--template T` in place of `--to`.",
        field="template",
        in_place_of="to",
    )


def _deployed(parts: ProjectParts, action: MigrateStart, source: Cluster, template: Template) -> _Target:
    """A target that is still to be deployed, as large as the source unless it is said otherwise."""
    if template.driver is None:
        raise CannotMigrate(
            f"The template {template.name} has the driver {template.network_driver}, which I do not know",
            fix="Take another one: `/xk8s template list`.",
        )
    base = source.name.removesuffix(f"-{source.driver}")
    masters = action.masters or ((source.masters or 1) if template.balanced else 1)
    words = ClusterCreate(
        cluster=action.new_name or f"{base}-{template.driver}",
        template=template.name,
        nodes=action.nodes or source.nodes,
        masters=masters,
    )
    order = order_of(words, template)
    try:
        refuse_taken(parts, order.name)
    except Refusal as taken:
        raise CannotMigrate(
            taken.what, why=taken.why, fix="Say another name with `--name`, or move into it with `--into`."
        ) from taken
    side = ClusterSide(
        name=order.name,
        driver=template.driver,
        kubernetes=template.kubernetes,
        template=template.id,
        nodes=order.nodes,
        masters=order.masters,
    )
    return _Target(side=side, order=order, cluster=None, template=template)


def _same_project(source: Cluster, target: _Target) -> bool | None:
    """Whether both are in one OpenStack project; None where nobody knows."""
    if not source.from_magnum:
        return None
    return True if target.cluster is None or target.cluster.from_magnum else None
