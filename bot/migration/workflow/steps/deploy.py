"""Deploys the new cluster, or takes the one that was named."""

from __future__ import annotations

from datetime import timedelta

from bot.clusters.lifecycle.provisioner import BuiltCluster, ClusterOrder, Provisioner
from bot.common.problems import Problem
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.sub_flow import SubFlow, SubFlowInterrupted
from bot.migration.workflow.target_removal import remove_target


def deploy(run: Run, provisioner: Provisioner, order: ClusterOrder | None, within: timedelta) -> None:
    """Have Magnum build the ordered cluster, for at most `within`; record the id of the target.

    Without an order the target of the plan exists already.
    """
    run.begin(Step.DEPLOY)
    if order is None:
        run.finish(f"the cluster {run.plan.target.name} is there already")
        return
    cluster = _build(run, provisioner, order, within)
    run.recorded.target = cluster.id

    def note() -> Json:
        run.progress.store(target=cluster.id)
        return {}

    run.steps.do("deploy: note", note)
    run.finish(f"cluster {order.name} is built: {order.nodes} nodes, Kubernetes {cluster.kubernetes}")


def _build(run: Run, provisioner: Provisioner, order: ClusterOrder, within: timedelta) -> BuiltCluster:
    """Build the cluster. After a failure the migration pauses, then removes what failed and tries again."""

    def claim(result: Json) -> None:
        # From the moment of the order nobody else may delete the cluster or migrate into it.
        if "id" in result:
            run.progress.store(target=result["id"])

    repeated = False
    while True:
        flow = SubFlow(run, "deploy", interruptible=True, repeated=repeated, on_result=claim)
        try:
            return provisioner.build(flow, run.ports.cloud, order, within=within)
        except SubFlowInterrupted as interrupted:
            run.steps.follow(interrupted.signal)
        except Problem as problem:
            run.steps.pause(problem)
            remove_target(run, order.name, only_failed=True)
        repeated = True
