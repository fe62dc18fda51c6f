"""Waits until a second person approves the deletion of the old cluster by its name."""

from collections.abc import Sequence

from bot.actions.proposal import Proposal
from bot.common.wording import count
from bot.migration.workflow import proof_checks
from bot.migration.workflow.approvals import await_approval
from bot.migration.workflow.deletion_checks import check_deletion
from bot.migration.workflow.failures import NAMED
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

KIND = "migrate.delete"


def approve_deletion(run: Run) -> None:
    """Ask for the approval of the deletion; everything is checked before, and again once it is given."""
    run.begin(Step.CONSENT)
    proof = run.steps.do("recheck", lambda: check_deletion(run, "recheck"))
    by = await_approval(
        run,
        kind=KIND,
        name="delete",
        subject="deletion of the old cluster",
        propose=lambda: propose_deletion(run, proof.get("unchecked", [])),
    )
    last = run.steps.do("recheck at last", lambda: check_deletion(run, "recheck at last"), permit=True)
    run.mark_checked()
    run.finish(f"deletion approved by {' and '.join(by)}", proof_checks.lines(last))


def propose_deletion(run: Run, unchecked: Sequence[str]) -> Proposal:
    """Return what approvers see: what goes, what stays, and what could not be checked.

    It is bound to both clusters, the disks and the plan, and asks for the name of the cluster to be typed.
    """
    plan = run.plan
    moving_volumes = [volume for volume in plan.volumes if volume.moves]
    return Proposal(
        kind=KIND,
        headline=f"Delete {plan.source.name}, whose workloads {plan.target.name} runs",
        target=plan.source.name,
        consequences=tuple(_consequences(run, len(moving_volumes))),
        warnings=tuple(f"not checked: {line}" for line in unchecked[:NAMED]),
        target_id=plan.source.id,
        typed=plan.source.name,
        destructive=True,
        bound={
            "migration": run.migration,
            "target": run.recorded.target,
            "plan": plan.bound(),
            "moved": sorted(volume.handle for volume in moving_volumes),
        },
    )


def _consequences(run: Run, disks: int) -> list[str]:
    source, target = run.plan.source, run.plan.target
    moves = run.recorded.quiesced.moves
    nodes = run.ports.cloud.magnum.cluster(source.id).get("node_count")
    moving_services = {move.service for move in moves}
    abandoned = sum(balancer.service not in moving_services for balancer in run.plan.balancers)
    lines = [
        f"migration {run.migration}: {target.name} has served and is proven",
        (
            f"{nodes if nodes is not None else 'all'} nodes of {source.name} (id {source.id},"
            f" project {run.flow.project}), its load balancers and its private network go"
        ),
        f"{count(disks, 'Cinder volume stays', 'Cinder volumes stay')} with {target.name}",
    ]
    if disks and run.ports.takes_snapshots:
        lines.append("the snapshots of the disks as they were before the cut-over go with it")
    if abandoned:
        addresses = count(abandoned, "old load balancer address goes", "old load balancer addresses go")
        lines.append(f"{addresses}: DNS must point to the new ones")
    if moves:
        lines.append(f"{count(len(moves), 'floating IP stays', 'floating IPs stay')} with {target.name}")
    return lines
