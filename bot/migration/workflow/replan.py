"""Plans a migration anew when its source has changed since the plan was made."""

from bot.common.canonical_json import digest
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.copy import removal
from bot.migration.planning.builder import build
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.planner import plan_request
from bot.migration.planning.survey import survey
from bot.migration.workflow.cluster_views import ClusterViews
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
        with run.clusters() as clusters:
            plan = _plan(clusters, options)
            removal.remove(clusters.writer, [item.ref for item in old.items if item.ref not in plan.by_ref])
        stored = plan.model_dump(mode="json")
        run.progress.store(plan=stored, digest=digest(plan.bound()))
        return {"plan": stored}

    run.plan = MigrationPlan.model_validate(run.steps.do("plan anew", make)["plan"])


def _plan(clusters: ClusterViews, options: Json) -> MigrationPlan:
    """Plan what is there now, with the same options and at the same API versions. Raises `ReplanBlocked`."""
    old, keys = clusters.plan, clusters.ports.digest_keys
    facts = survey(
        clusters.source,
        clusters.target if old.target.id else None,
        namespaces=options["namespaces"],
        kubernetes=old.target.kubernetes,
    )
    request = plan_request(old.migration, (old.source, old.target), options, clusters.ports.mappings)
    plan = build(request, facts, keys.current, mark=keys.mark)
    blockers = plan.blockers
    if blockers:
        headline = f"{count(len(blockers), 'thing stands', 'things stand')} against the changed plan"
        lines = [f"{blocker.what}: {blocker.why}" if blocker.why else blocker.what for blocker in blockers]
        raise ReplanBlocked(headline, why="\n".join(lines[:NAMED]), fix=blockers[0].fix)
    return plan
