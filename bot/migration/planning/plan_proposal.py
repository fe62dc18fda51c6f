"""What approvers of a migration see of its plan, and what their decision is bound to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bot.actions.proposal import Proposal, ProposalDocument
from bot.common.wording import count, exact_duration
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.plan_document import plan_document

KIND = "migrate.start"
MOST_WARNINGS = 12  # that a card shows; the file has all


def plan_proposal(plan: MigrationPlan, options: dict[str, Any]) -> Proposal:
    """Propose a plan. `options` are those of the request, as the planner stores them."""
    source, target = plan.source, plan.target
    document = ProposalDocument(
        name=f"plan-{source.name}.md", title=f"Plan: {source.name} to {target.name}", text=plan_document(plan)
    )
    return Proposal(
        kind=KIND,
        headline=f"Migrate {source.name} from {source.driver} to {target.driver}",
        consequences=tuple(_consequences(plan, timedelta(seconds=options["soak"]))),
        warnings=_warnings(plan),
        target=source.name,
        target_id=source.id,
        bound={"plan": plan.bound(), "deploy": options["deploy"]},
        documents=(document,),
    )


def _consequences(plan: MigrationPlan, soak: timedelta) -> Iterator[str]:
    target, size, estimate, network = plan.target, plan.size, plan.estimate, plan.network
    if target.id:
        yield f"everything moves into {target.name}, which is there already"
    else:
        nodes = f"{count(target.nodes or 0, 'node')}, {target.masters} of the control plane"
        yield f"{target.name} is deployed: {nodes}, Kubernetes {target.kubernetes}"
    objects = count(size.objects, "object is", "objects are")
    yield f"{objects} copied, {len(plan.left)} left out (reasons in the file)"
    workloads = count(size.workloads, "workload waits", "workloads wait")
    yield f"{workloads} there until the cut-over, which asks for a decision of its own"
    moving_count = sum(volume.moves for volume in plan.volumes)
    if moving_count:
        volumes = count(moving_count, "Cinder volume moves", "Cinder volumes move")
        yield f"{volumes} without copying ({size.disk / 2**30:.0f} GiB)"
    if plan.balancers:
        yield f"load balancers: {len(plan.balancers)}, {plan.balancers[0].recipe}"
    if plan.early:
        yield f"runs on both sides from the copy on: {', '.join(plan.early)}"
    if network.computed:
        closed = count(len(network.closes), "connection closes", "connections close")
        yield f"network: {closed}, {len(network.opens)} open (each in the file)"
    yield (
        f"about {_duration(estimate.deploy)} to deploy, {_duration(estimate.copy)} to copy,"
        f" {_duration(estimate.outage)} of outage (guesses)"
    )
    served = exact_duration(soak)
    yield f"{plan.source.name} is deleted only after it has served for {served} and a decision by name"


def _warnings(plan: MigrationPlan) -> tuple[str, ...]:
    warnings = plan.warnings
    lines = [
        f"{warning.what}: {warning.why}" if warning.why else warning.what
        for warning in warnings[:MOST_WARNINGS]
    ]
    unnamed = len(warnings) - MOST_WARNINGS
    return tuple(lines + ([f"and {unnamed} more warnings, all in the file"] if unnamed > 0 else []))


def _duration(seconds: tuple[int, int]) -> str:
    shortest, longest = seconds
    if longest == 0:
        return "no time"
    if longest < 120:
        return f"{shortest} to {longest} s"
    return f"{max(1, shortest // 60)} to {longest // 60} min"
