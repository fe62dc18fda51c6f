"""Waits until a second person approves the cut-over, then checks once more that it may begin."""

from bot.actions.proposal import Proposal
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.inventory.api_discovery import discover
from bot.migration.workflow import source_drift
from bot.migration.workflow.approvals import await_approval
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

KIND = "migrate.cutover"
MOST_WARNINGS = 8


class TargetUnfit(Problem):
    """The target is not healthy, so the source is not stopped."""


def decide(run: Run) -> Problem | None:
    """Ask for the approval of the cut-over, and wait for it.

    Returns what has changed on the source meanwhile: with stale copies nothing may be stopped.
    """
    run.begin(Step.DECIDE)
    by = await_approval(
        run, kind=KIND, name="cutover", subject="cut-over", propose=lambda: propose_cutover(run)
    )
    drift = source_drift.check(run) or _check_target(run)
    if drift is not None:
        return drift
    run.mark_checked()
    result = f"cut-over approved by {' and '.join(by)}" if by else "cut-over needs no approval here"
    run.finish(result, announced=bool(by))
    return None


def _check_target(run: Run) -> Problem | None:
    """Check that the target answers and its driver is healthy, or pause until it is.

    If that took a pause, the source is compared with the plan once more; what has changed is returned.
    """

    def look() -> Json:
        run.progress.show("looking at the new cluster once more")
        with run.ports.connect(run.recorded.target) as target:
            discover(target)
        problem = run.ports.driver_problem(run.recorded.target, str(run.plan.target.driver))
        if problem:
            fix = "Mend it, then resume; or cancel. Nothing was stopped."
            raise TargetUnfit("The new cluster is not fit for the cut-over", why=problem, fix=fix)
        return source_drift.look(run) if run.check_is_stale else {}

    return source_drift.problem(run.steps.do("look at the target", look, permit=True))


def propose_cutover(run: Run) -> Proposal:
    """Return what approvers see. It is bound to the plan and the target: a source that changed voids it."""
    plan, source, target = run.plan, run.plan.source.name, run.plan.target.name
    workloads = count(sum(item.mode == "at cut-over" for item in plan.items), "object stops", "objects stop")
    moving_count = sum(volume.moves for volume in plan.volumes)
    volumes = count(moving_count, "Cinder volume moves", "Cinder volumes move")
    shortest, longest = (max(1, seconds // 60) for seconds in plan.estimate.outage)
    consequences = (
        f"migration {run.migration}: the copy in {target} compared equal",
        f"{workloads} on {source}; their copies on {target} start",
        f"{volumes} from {source} to {target}",
        *(
            f"{balancer.service.short}: {', '.join(balancer.addresses) or 'no address'}, {balancer.recipe}"
            for balancer in plan.balancers
        ),
        f"outage: about {shortest} to {longest} minutes (a guess from counts)",
        f"the way back: `/xk8s migrate rollback {run.migration}`, until the deletion is approved",
    )
    return Proposal(
        kind=KIND,
        headline=f"Cut over from {source} to {target}",
        consequences=consequences,
        warnings=tuple(warning.what for warning in plan.warnings[:MOST_WARNINGS]),
        target=source,
        target_id=plan.source.id,
        bound={"migration": run.migration, "target": run.recorded.target, "plan": plan.bound()},
    )
