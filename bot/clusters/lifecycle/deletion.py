"""`cluster delete`: ordered once it is certain that it may be, then followed until the cluster is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.durable.flow import Flow, Json
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumFailed, MagnumNotFound, MagnumUnreachable
from bot.clusters.lifecycle.ports import LifecycleTimeouts, OpenMigrations, ProjectCloud, ProjectClouds
from bot.clusters.lifecycle.provisioner import MARK
from bot.clusters.lifecycle.results import ClusterDeleted, ClusterDeleting
from bot.common.problems import Problem, Refusal
from bot.common.wording import lasting

WORK = "cluster.delete"
EVERY = 5.0
SETTLE = timedelta(seconds=60)  # how long Magnum may go on to show the state before the order


class NotDeleted(Problem):
    """Magnum did not delete a cluster."""


class NamedByMigration(Refusal):
    """An open migration names the cluster."""


class ClusterDeletion:
    """The workflow behind `cluster delete`. Its input: the cluster's `id` (a UUID) and `name`."""

    def __init__(
        self,
        sites: ProjectClouds,
        *,
        migrations: OpenMigrations,
        limits: Callable[[], LifecycleTimeouts],
        now: Callable[[], datetime],
    ) -> None:
        self._sites = sites
        self._migrations = migrations
        self._limits = limits
        self._now = now

    def __call__(self, flow: Flow, given: Json) -> ClusterDeleted:
        """Delete a cluster and wait until it is gone. Raises `Problem`."""
        site, name, cluster = self._sites(flow.project, flow.operation), str(given["name"]), str(given["id"])
        ordered = flow.step("delete", lambda: self._order(flow, site, name, cluster))
        taken = 0.0
        if not ordered["gone"]:
            gone = flow.until("gone", lambda: self._look(flow, site, name, cluster, ordered), every=EVERY)
            taken = gone["seconds"]

        def forget() -> Json:
            site.forget(cluster)
            return {}

        flow.step("forget", forget)
        return ClusterDeleted(
            project=flow.project, id=cluster, name=name, seconds=taken, was_gone=bool(ordered["gone"])
        )

    def _order(self, flow: Flow, site: ProjectCloud, name: str, cluster: str) -> Json:
        refuse_named(self._migrations, name, cluster)
        since = self._now()
        while True:
            try:
                before = site.magnum.cluster(cluster)
                refuse_named(self._migrations, name, cluster, before.get("labels"))
                if not str(before.get("status")).startswith("DELETE_IN_PROGRESS"):
                    flow.fence()
                    site.magnum.delete_cluster(cluster, operation=flow.operation)
                return {"gone": False, "at": self._now().isoformat(), "before": _mark(before)}
            except MagnumNotFound:
                return {"gone": True}
            except (MagnumUnreachable, MagnumFailed):
                # the same order again does no harm
                if self._now() - since > SETTLE:
                    raise
                flow.pause(EVERY)

    def _look(self, flow: Flow, site: ProjectCloud, name: str, cluster: str, ordered: Json) -> Json | None:
        taken = self._now() - datetime.fromisoformat(ordered["at"])
        trouble, found = "", {}
        try:
            found = site.magnum.cluster(cluster)
        except MagnumNotFound:
            return {"seconds": taken.total_seconds()}
        except MagnumError as error:
            # late in a deletion Magnum answers 400 about its own fields; and it may be out of reach for a
            # while
            trouble = "" if error.status == 400 else error.what
        status = str(found.get("status") or "")
        # what failed in an earlier deletion is still shown right after this one was ordered
        if status == "DELETE_FAILED" and (_mark(found) != ordered["before"] or taken > SETTLE):
            raise _failed(name, cluster, found)
        if taken > self._limits().delete:
            raise NotDeleted(
                f"The cluster {name} was not deleted within {lasting(self._limits().delete)}",
                why=trouble or f"Magnum says {status or 'nothing of it'}",
                fix=f"It may still go: `/xk8s cluster show {cluster}`. Otherwise ask the cloud's operator.",
            )
        flow.progress(
            ClusterDeleting(
                name=name, status=status, seconds=taken.total_seconds(), at=self._now(), trouble=trouble
            )
        )
        return None


def refuse_named(
    migrations: OpenMigrations, name: str, cluster: str, labels: Mapping[str, Any] | None = None
) -> None:
    """Raises `Named` for a cluster that an open migration names: its deletion is a step of that, or
    forbidden.

    By Magnum's `labels` a target is known from the moment it was ordered.
    """
    migration = migrations.naming(cluster, ordered_by=str((labels or {}).get(MARK, "")))
    if migration is not None:
        raise NamedByMigration(
            f"{name} is part of the migration {migration}, so it is not deleted",
            why=(
                "a migration deletes its source itself, when its target is proven and a second person has"
                " approved, and its target when it is cancelled"
            ),
            fix=f"See `/xk8s migrate show {migration}`; to give it up: `/xk8s migrate cancel {migration}`",
        )


def _mark(found: dict[str, Any]) -> str:
    return f"{found.get('status')} {found.get('updated_at')}"


def _failed(name: str, cluster: str, found: dict[str, Any]) -> NotDeleted:
    reason = str(found.get("status_reason") or "Magnum gives no reason")
    faults = [f"{part}: {fault}"[:400] for part, fault in (found.get("faults") or {}).items()]
    return NotDeleted(
        f"Magnum could not delete the cluster {name}",
        why="\n".join([f"DELETE_FAILED: {reason}", *faults[:6]]),
        fix=(
            "Often something foreign is on its network: a server, a port, a load balancer. Remove that, then"
            f" `/xk8s cluster delete {cluster}` again."
        ),
    )
