"""Plans a migration anew when its source has changed since the plan was made."""

from __future__ import annotations

from bot.access.proposal import digest
from bot.adapters.kube.client import Kube
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.copy import removal
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.survey import survey
from bot.migration.workflow.failures import NAMED
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run


class ReplanBlocked(Problem):
    """The source has changed so that it cannot be migrated as it is."""


def replan(run: Run, options: Json) -> None:
    """Take what has changed on the source into the plan; objects that are gone there go from the target too.

    `options` are those of the request, as they are stored. Raises `RollbackRequested`.
    """

    def make() -> Json:
        old = run.plan
        with run.ports.connect(old.source.id) as source, run.ports.connect(run.recorded.target) as target:
            plan = _plan(run, options, source, target)
        _refuse_blocked(plan)
        with run.clusters() as clusters:
            removal.remove(clusters.writer, [item.ref for item in old.items if item.ref not in plan.by_ref])
        stored = plan.model_dump(mode="json")
        run.progress.store(plan=stored, digest=digest(plan.bound()))
        return {"plan": stored}

    run.plan = MigrationPlan.model_validate(run.steps.do("plan anew", make)["plan"])


def _plan(run: Run, options: Json, source: Kube, target: Kube) -> MigrationPlan:
    """Plan what is there now, with the same options and at the same API versions."""
    old, ports = run.plan, run.ports
    facts = survey(
        source,
        target if old.target.id else None,
        namespaces=options["namespaces"],
        kubernetes=old.target.kubernetes,
    )
    request = PlanRequest(
        migration=old.migration,
        source=old.source,
        target=old.target,
        volumes=tuple(options["volumes"]),
        early=tuple(options["early"]),
        mappings=ports.mappings,
        labels=options["labels"],
        same_project=options["same_project"],
    )
    return build(request, facts, ports.digest_keys.current, mark=ports.digest_keys.mark)


def _refuse_blocked(plan: MigrationPlan) -> None:
    blockers = plan.blockers
    if blockers:
        raise ReplanBlocked(
            f"{count(len(blockers), 'thing stands', 'things stand')} against the changed plan",
            fix=blockers[0].fix,
            why="\n".join(
                f"{blocker.what}: {blocker.why}" if blocker.why else blocker.what
                for blocker in blockers[:NAMED]
            ),
        )
