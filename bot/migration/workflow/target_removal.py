"""Removes the new cluster that a migration had built, when its build failed or the migration is cancelled.

Only clusters with the label of this operation are deleted: another cluster of the same name is somebody
else's.
"""

from __future__ import annotations

from datetime import timedelta

from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.lifecycle.provisioner import MARK, SETTLE_SECONDS
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

DELETE_WITHIN = timedelta(minutes=60)


def remove_target(run: Run, name: str, *, only_failed: bool = False) -> bool:
    """Delete the clusters of that name which this migration had built, and wait until they are gone.

    Returns whether there were any. Raises `RollbackRequested`.
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

    run.steps.wait("wait for its end", remaining, what="go", within=DELETE_WITHIN)
    return True


def _wait_until_shown(run: Run, name: str) -> list[Json]:
    """Find what was ordered. Magnum shows a cluster only a while after it has taken the order."""
    waited = 0.0
    while True:
        clusters = _built_clusters(run, name)
        if clusters or run.position.step is not Step.DEPLOY or waited >= SETTLE_SECONDS:
            return clusters
        run.flow.pause(1.0)
        waited += 1.0


def _built_clusters(run: Run, name: str) -> list[Json]:
    return [
        cluster
        for cluster in run.ports.cloud.magnum.clusters()
        if cluster.get("name") == name and (cluster.get("labels") or {}).get(MARK) == run.flow.operation
    ]
