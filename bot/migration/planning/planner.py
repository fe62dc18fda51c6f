"""Plans a migration from the words of `migrate`: which clusters are meant, and what becomes of everything.

Planning only reads. The same words and the same clusters make the same plan, so that an approval can be bound
to it.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.actions.migrations import MigrateStart
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import KubeError
from bot.clusters.cluster import Cluster
from bot.clusters.projects import Projects
from bot.common.problems import Refusal
from bot.common.wording import count
from bot.drivers.driver import Driver
from bot.drivers.verification import collector, detection
from bot.migration.objects.digest_key_source import digest_keys
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.findings import PlanFinding
from bot.migration.planning.plan import ClusterSide, MigrationPlan
from bot.migration.planning.survey import survey
from bot.migration.planning.target_choice import CannotMigrate, TargetChoice, choose_target, cluster_side
from bot.migration.project_resources import connect, project_mappings
from bot.settings import Settings
from bot.settings.mappings import Mappings
from bot.settings.values import Duration

CONNECTION_SECONDS = 300.0  # for reading one cluster
MOST_BLOCKERS = 25
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)

Json = dict[str, Any]


class PlanBlocked(Refusal):
    """Something stands against the migration."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationPlanning:
    """A plan is being made: the progress of the request."""

    source: str
    doing: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan without blockers, and the options of the request that the workflow needs beside it, as JSON."""

    plan: MigrationPlan
    options: Json


class Planner:
    """Makes plans for the clusters of a project."""

    def __init__(self, projects: Projects, settings: Callable[[], Settings]) -> None:
        self._projects = projects
        self._settings = settings

    def plan(
        self,
        action: MigrateStart,
        *,
        project: str | None,
        operation: str,
        migration: str,
        report: Callable[[MigrationPlanning], None] = lambda _state: None,
        refuse_taken: Callable[[str], None] = lambda _cluster: None,
    ) -> Planned:
        """Plan a migration. Raises `Refusal` for what stands against it, `Problem` for what cannot be read.

        `refuse_taken` is given the ids of both clusters before they are read, and raises for one that is not
        free; `report` is told what is being done.
        """
        parts, settings = self._projects.get(project, operation=operation), self._settings()
        cluster = parts.catalog.find(action.cluster)
        refuse_taken(cluster.id)
        report(MigrationPlanning(source=cluster.name, doing="looking which clusters and template are meant"))
        _refuse_incomplete(cluster)
        open_cluster = functools.partial(
            connect, parts, operation=operation, settings=settings, seconds=CONNECTION_SECONDS
        )
        with contextlib.ExitStack() as connections:
            kube = connections.enter_context(open_cluster(cluster.id))
            source = dataclasses.replace(cluster, driver=_running_driver(cluster, kube))
            target = choose_target(parts, action, source)
            target_kube = None
            if target.cluster is not None:
                refuse_taken(target.cluster.id)
                target_kube = connections.enter_context(open_cluster(target.cluster.id))
            report(MigrationPlanning(source=source.name, doing="reading everything that would be copied"))
            facts = survey(kube, target_kube, namespaces=action.namespaces, kubernetes=target.side.kubernetes)
        keys, mappings = digest_keys(settings), project_mappings(settings, parts.name)
        soak = settings.configuration.migration.soak
        options = _options(action, source, target, soak)
        sides = (cluster_side(source), target.side)
        plan = build(plan_request(migration, sides, options, mappings), facts, keys.current, mark=keys.mark)
        if plan.blockers:
            raise _blocked(source.name, plan.blockers)
        return Planned(plan=plan, options=options)


def plan_request(
    migration: str, sides: tuple[ClusterSide, ClusterSide], options: Json, mappings: Mappings
) -> PlanRequest:
    """Return what a plan is built from: the source and the target, and the options as they are stored."""
    source, target = sides
    return PlanRequest(
        migration=migration,
        source=source,
        target=target,
        volumes=tuple(options["volumes"]),
        early=tuple(options["early"]),
        mappings=mappings,
        labels=options["labels"],
        same_project=options["same_project"],
    )


def _options(action: MigrateStart, source: Cluster, target: TargetChoice, soak: timedelta) -> Json:
    """The options of a request, as they are stored: a plan that is made anew is made with the same."""
    if action.soak:
        soak = _DURATION.validate_python(action.soak)
    # Of a kubeconfig cluster nobody knows in which OpenStack project it is.
    both_in_magnum = source.from_magnum and (target.cluster is None or target.cluster.from_magnum)
    return {
        "deploy": target.order.to_json() if target.order is not None else None,
        "soak": soak.total_seconds(),
        "namespaces": list(action.namespaces),
        "volumes": list(action.volumes),
        "early": list(action.start_early),
        "labels": dict(source.labels),
        "same_project": True if both_in_magnum else None,
        "words": action.words(),
    }


def _refuse_incomplete(source: Cluster) -> None:
    if source.from_magnum and not source.status.endswith("_COMPLETE"):
        raise CannotMigrate(
            f"{source.name} is {source.status}",
            why="only a cluster that is complete can be migrated",
            fix=f"See `/xk8s cluster show {source.name}`.",
        )


def _running_driver(cluster: Cluster, kube: KubeClient) -> Driver:
    """The driver that runs in a cluster; the declared one where that cannot be seen."""
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


def _blocked(name: str, blockers: Sequence[PlanFinding]) -> PlanBlocked:
    """The refusal that lists what stands against a migration, and what to do about each."""
    lines = []
    for number, blocker in enumerate(blockers[:MOST_BLOCKERS], 1):
        why, fix = (f": {blocker.why}" if blocker.why else ""), (f" → {blocker.fix}" if blocker.fix else "")
        lines.append(f"{number}. {blocker.what}{why}{fix}")
    unnamed = len(blockers) - MOST_BLOCKERS
    return PlanBlocked(
        f"{count(len(blockers), 'thing stands', 'things stand')} against migrating {name}",
        why="\n".join(lines + ([f"and {unnamed} more"] if unnamed > 0 else [])),
        fix="Nothing was changed. Then say it again.",
    )
