"""`cluster delete` as a workflow: the deletion is ordered, then followed until the cluster is gone."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.durable.flow import Flow, Json
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumFailed, MagnumNotFound, MagnumUnreachable
from bot.clusters.lifecycle.magnum_status import failure_of, status_of
from bot.clusters.lifecycle.ports import (
    LifecycleTimeouts,
    MagnumApi,
    OpenMigrations,
    ProjectCloud,
    ProjectClouds,
)
from bot.clusters.lifecycle.provisioner import OPERATION_LABEL
from bot.clusters.lifecycle.results import ClusterDeleted, ClusterDeleting
from bot.common.problems import Problem, Refusal
from bot.common.wording import exact_duration

WORK = "cluster.delete"
EVERY = 5.0  # seconds between two looks at the cluster, or two orders that got no answer
SETTLE = timedelta(seconds=60)  # how long Magnum may go on to show the state from before the order


class NotDeleted(Problem):
    """Magnum did not delete a cluster."""


class NamedByMigration(Refusal):
    """An open migration names the cluster."""


class ClusterDeletion:
    """The workflow of `cluster delete`. Its input has the `id` (a UUID) and the `name` of the cluster."""

    def __init__(
        self,
        clouds: ProjectClouds,
        *,
        migrations: OpenMigrations,
        limits: Callable[[], LifecycleTimeouts],
        now: Callable[[], datetime],
    ) -> None:
        self._clouds = clouds
        self._migrations = migrations
        self._limits = limits
        self._now = now

    def __call__(self, flow: Flow, cluster_json: Json) -> ClusterDeleted:
        """Delete a cluster and wait until it is gone. Raises `Problem`."""
        cloud = self._clouds(flow.project, flow.operation)
        name, cluster = str(cluster_json["name"]), str(cluster_json["id"])
        ordered = flow.step("delete", lambda: self._order(flow, cloud, name, cluster))

        def look() -> Json | None:
            return self._look(flow, cloud.magnum, ordered, name=name, cluster=cluster)

        seconds = 0.0
        if not ordered["gone"]:
            seconds = flow.poll("gone", look, every=EVERY)["seconds"]
        flow.step("forget", lambda: self._forget(cloud, cluster))
        return ClusterDeleted(
            project=flow.project, id=cluster, name=name, seconds=seconds, was_gone=bool(ordered["gone"])
        )

    def _order(self, flow: Flow, cloud: ProjectCloud, name: str, cluster: str) -> Json:
        """Order the deletion, again while Magnum does not answer: the same order twice does no harm."""
        refuse_migrating(self._migrations, name, cluster)
        since = self._now()
        while True:
            try:
                before = cloud.magnum.cluster(cluster)
                refuse_migrating(self._migrations, name, cluster, before.get("labels"))
                if not status_of(before).startswith("DELETE_IN_PROGRESS"):
                    flow.fence()
                    cloud.magnum.delete_cluster(cluster, operation=flow.operation)
                return {"gone": False, "at": self._now().isoformat(), "before": _version(before)}
            except MagnumNotFound:
                return {"gone": True}
            except (MagnumUnreachable, MagnumFailed):
                if self._now() - since > SETTLE:
                    raise
                flow.sleep(EVERY)

    def _look(self, flow: Flow, magnum: MagnumApi, ordered: Json, *, name: str, cluster: str) -> Json | None:
        """Return how long it took once the cluster is gone, and show its state until then.

        Raises `NotDeleted`.
        """
        age = self._now() - datetime.fromisoformat(ordered["at"])
        body: Json = {}
        trouble = ""
        try:
            body = magnum.cluster(cluster)
        except MagnumNotFound:
            return {"seconds": age.total_seconds()}
        except MagnumError as error:
            # an unreachable Magnum ends nothing, and late in a deletion it answers 400 about its own fields
            trouble = "" if error.status == 400 else error.what
        status = status_of(body)
        # the failure of an earlier deletion is still shown right after this one was ordered
        if status == "DELETE_FAILED" and (_version(body) != ordered["before"] or age > SETTLE):
            raise _deletion_failure(name, cluster, body)
        limit = self._limits().delete
        if age > limit:
            raise NotDeleted(
                f"The cluster {name} was not deleted within {exact_duration(limit)}",
                why=trouble or f"Magnum says {status or 'nothing of it'}",
                fix=f"It may still go: `/xk8s cluster show {cluster}`. Otherwise ask the cloud's operator.",
            )
        state = ClusterDeleting(
            name=name, status=status, seconds=age.total_seconds(), at=self._now(), trouble=trouble
        )
        flow.report_progress(state)
        return None

    def _forget(self, cloud: ProjectCloud, cluster: str) -> Json:
        cloud.forget(cluster)
        return {}


def refuse_migrating(
    migrations: OpenMigrations, name: str, cluster: str, labels: Mapping[str, Any] | None = None
) -> None:
    """Refuse a cluster that an open migration names: the migration itself deletes it, or nobody may.

    By Magnum's `labels` a target is known from the moment it was ordered. Raises `NamedByMigration`.
    """
    migration = migrations.open_migration_of(cluster, ordered_by=str((labels or {}).get(OPERATION_LABEL, "")))
    if migration is not None:
        raise NamedByMigration(
            f"{name} is part of the migration {migration}, so it is not deleted",
            why=(
                "a migration deletes its source itself, when its target is proven and a second person has"
                " approved, and its target when it is cancelled"
            ),
            fix=f"See `/xk8s migrate show {migration}`; to give it up: `/xk8s migrate cancel {migration}`",
        )


def _version(body: Json) -> str:
    """What changes as soon as Magnum takes up an order. It is recorded, so it keeps its form."""
    return f"{body.get('status')} {body.get('updated_at')}"


def _deletion_failure(name: str, cluster: str, body: Json) -> NotDeleted:
    return NotDeleted(
        f"Magnum could not delete the cluster {name}",
        why=failure_of(body),
        fix=(
            "Often something foreign is on its network: a server, a port, a load balancer. Remove that, then"
            f" `/xk8s cluster delete {cluster}` again."
        ),
    )
