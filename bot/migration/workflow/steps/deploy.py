"""Deploys the new cluster unless the target exists already, and removes a cluster that it has deployed."""

from datetime import timedelta

from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.lifecycle.provisioner import (
    OPERATION_LABEL,
    SETTLE_SECONDS,
    BuiltCluster,
    ClusterOrder,
    Provisioner,
)
from bot.common.problems import Problem
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait
from bot.migration.workflow.sub_flow import SubFlow, SubFlowInterrupted

DELETED = Wait(name="wait for its end", what="go", within=timedelta(minutes=60))


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
        flow = SubFlow(migration=run, prefix="deploy", interruptible=True, repeated=repeated, on_result=claim)
        try:
            return provisioner.build(flow, run.ports.cloud, order, within=within)
        except SubFlowInterrupted as interrupted:
            run.steps.follow(interrupted.signal)
        except Problem as problem:
            run.steps.pause(problem)
            remove_built(run, order.name, only_failed=True)
        repeated = True


def remove_built(run: Run, name: str, *, only_failed: bool = False) -> bool:
    """Delete the clusters of that name which this migration had built, and wait until they are gone.

    Returns whether there were any. Another cluster of that name, without the label of this operation, is
    somebody else's, and stays.
    """

    def delete() -> Json:
        clusters = _wait_until_shown(run, name)
        if only_failed:
            clusters = [cluster for cluster in clusters if str(cluster.get("status")).endswith("FAILED")]
        ids = [cluster["uuid"] for cluster in clusters]
        for cluster in ids:
            run.flow.fence()
            try:
                run.ports.cloud.magnum.delete_cluster(cluster, operation=run.flow.operation)
            except MagnumNotFound:
                continue
        return {"ids": ids}

    removed = run.steps.do("remove what was built", delete)["ids"]
    if not removed:
        return False

    def remaining() -> list[str]:
        clusters = [cluster for cluster in _built_clusters(run, name) if cluster["uuid"] in removed]
        return [f"Magnum says {cluster.get('status')} of {name}" for cluster in clusters]

    run.steps.wait(DELETED, remaining)
    return True


def _wait_until_shown(run: Run, name: str) -> list[Json]:
    """Find what was ordered. Magnum shows a cluster only a while after it has taken the order."""
    waited = 0.0
    while True:
        clusters = _built_clusters(run, name)
        if clusters or run.position.step is not Step.DEPLOY or waited >= SETTLE_SECONDS:
            return clusters
        run.flow.sleep(1.0)
        waited += 1.0


def _built_clusters(run: Run, name: str) -> list[Json]:
    return [
        cluster
        for cluster in run.ports.cloud.magnum.clusters()
        if cluster.get("name") == name
        and (cluster.get("labels") or {}).get(OPERATION_LABEL) == run.flow.operation
    ]
