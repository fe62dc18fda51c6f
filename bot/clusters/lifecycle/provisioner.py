"""Has Magnum build a cluster, once: the part of a workflow that creation and migration share.

Magnum makes duplicates, and an order whose answer was lost may have been taken. So a name is reserved first,
the order carries the operation in a label, and before it is sent by a run that cannot know that it is the
first, the cluster is looked for, for as long as Magnum may take to show it (it stores a cluster after it has
answered).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.durable.flow import Flow, Json, OwnershipLost
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumFailed, MagnumNotFound, MagnumUnreachable
from bot.clusters.lifecycle.ports import ProjectCloud
from bot.clusters.lifecycle.results import ClusterBuilding
from bot.common.problems import Problem, Refusal
from bot.common.wording import lasting
from storage.reservations import ReservationRepository

MARK = "xk8s_operation"  # the label that tells our cluster from one of the same name
SETTLE_SECONDS = 10.0  # how long Magnum may take to show a cluster that it has accepted
LOOK_SECONDS = 1.0  # between two looks for it
EVERY = 5.0  # seconds between two looks at a cluster that is being built
TRIES = 3  # of an order that was not taken, as far as can be seen
MOST_FAULTS = 6


class NotBuilt(Problem):
    """Magnum did not build a cluster."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOrder:
    """A cluster that is wanted.

    The template's labels are read when it is ordered: one may hold a password, and this is stored in the
    clear.
    """

    name: str
    template: str  # its UUID
    template_name: str
    driver: str  # Magnum's word
    kubernetes: str
    nodes: int
    masters: int

    def to_json(self) -> Json:
        """As a workflow's input."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, kept: Json) -> ClusterOrder:
        """What `to_json` made."""
        return cls(**kept)

    def to_magnum(self, operation: str, labels: Mapping[str, Any]) -> Json:
        """The body of Magnum's POST; `labels` are all of the template's, which Magnum replaces by what
        is sent.
        """
        return {
            "name": self.name,
            "cluster_template_id": self.template,
            "node_count": self.nodes,
            "master_count": self.masters,
            "labels": {**labels, MARK: operation},
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class BuiltCluster:
    """A cluster that is complete."""

    id: str
    api_address: str
    kubernetes: str
    seconds: float


class Provisioner:
    """The steps of having a cluster built."""

    def __init__(
        self,
        reservations: ReservationRepository,
        *,
        now: Callable[[], datetime],
        settle: float = SETTLE_SECONDS,
    ) -> None:
        self._reservations = reservations
        self._now = now
        self._settle = settle

    def build(
        self, flow: Flow, site: ProjectCloud, order: ClusterOrder, *, within: timedelta
    ) -> BuiltCluster:
        """Have a cluster built and wait for it. Raises `NotBuilt`, `Refusal` or `MagnumError`."""
        begun = flow.step("reserve", lambda: self._reserve(flow, site, order))
        ordered = flow.step("order", lambda: self._order(flow, site, order, first=begun["run"] == flow.run))
        since = datetime.fromisoformat(ordered["at"])
        found = flow.until(
            "build", lambda: self._look(flow, site, order, ordered["id"], since, within), every=EVERY
        )
        flow.step("release", lambda: self._release(flow, site, order))
        return BuiltCluster(**found)

    def _reserve(self, flow: Flow, site: ProjectCloud, order: ClusterOrder) -> Json:
        holder = self._reservations.take(site.cloud, order.name, operation=flow.operation, now=self._now())
        if holder != flow.operation:
            raise Refusal(
                f"A cluster {order.name} is being created already",
                why=f"by the request {holder[:4]}",
                fix="Wait for it, or choose another name.",
            )
        return {"run": flow.run}

    def _release(self, flow: Flow, site: ProjectCloud, order: ClusterOrder) -> Json:
        self._reservations.release(site.cloud, order.name, operation=flow.operation)
        return {}

    def _order(self, flow: Flow, site: ProjectCloud, order: ClusterOrder, *, first: bool) -> Json:
        return {"id": self._ordered(flow, site, order, first=first), "at": self._now().isoformat()}

    def _ordered(self, flow: Flow, site: ProjectCloud, order: ClusterOrder, *, first: bool) -> str:
        """The cluster's UUID: found, or ordered now."""
        for attempt in range(TRIES):
            known = self._find(flow, site, order, patient=not first or attempt > 0)
            if known is not None:
                return known
            try:
                return self._send(flow, site, order)
            except (MagnumUnreachable, MagnumFailed):  # it may have been taken all the same
                if attempt == TRIES - 1:
                    taken = self._find(flow, site, order, patient=True)
                    if taken is not None:
                        return taken
                    raise
        raise AssertionError("unreachable")

    def _send(self, flow: Flow, site: ProjectCloud, order: ClusterOrder) -> str:
        labels = site.magnum.template(order.template).get("labels") or {}
        flow.fence()
        made = site.magnum.create_cluster(order.to_magnum(flow.operation, labels), operation=flow.operation)
        try:
            flow.fence()
        except (
            OwnershipLost
        ):  # this process was paused for so long that another has taken over, and ordered one as well
            if len(self._ours(flow, site, order)) > 1:
                site.magnum.delete_cluster(made, operation=flow.operation)
            raise
        return made

    def _ours(self, flow: Flow, site: ProjectCloud, order: ClusterOrder) -> list[Json]:
        found = [each for each in site.magnum.clusters() if each.get("name") == order.name]
        return [each for each in found if (each.get("labels") or {}).get(MARK) == flow.operation]

    def _find(self, flow: Flow, site: ProjectCloud, order: ClusterOrder, *, patient: bool) -> str | None:
        """Our cluster, if it is there. Raises `Refusal` if another one has the name."""
        waited = 0.0
        while True:
            named = [found for found in site.magnum.clusters() if found.get("name") == order.name]
            ours = [found for found in named if (found.get("labels") or {}).get(MARK) == flow.operation]
            if ours:
                return str(min(ours, key=lambda found: str(found.get("created_at")))["uuid"])
            if named:
                raise Refusal(
                    f"There is a cluster {order.name} already",
                    why=f"its id is {named[0]['uuid']}",
                    fix=f"Choose another name, or look at it: `/xk8s cluster show {named[0]['uuid']}`",
                )
            if not patient or waited >= self._settle:
                return None
            flow.pause(LOOK_SECONDS)
            waited += LOOK_SECONDS

    def _look(
        self,
        flow: Flow,
        site: ProjectCloud,
        order: ClusterOrder,
        cluster: str,
        since: datetime,
        within: timedelta,
    ) -> Json | None:
        taken = self._now() - since
        trouble, found = "", {}
        try:
            found = site.magnum.cluster(cluster)
        except MagnumNotFound as missing:
            if taken.total_seconds() > self._settle:
                raise NotBuilt(
                    f"The cluster {order.name} is gone",
                    why=f"while it was being built: {missing.why}",
                    fix="Somebody deleted it. To create it again, say the same words again.",
                ) from missing
        except MagnumError as error:  # Magnum is out of reach for a while; the cluster is built all the same
            trouble = error.what
        status = str(found.get("status") or "")
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"):
            return {
                "id": cluster,
                "api_address": found.get("api_address") or "",
                "kubernetes": found.get("coe_version") or order.kubernetes,
                "seconds": taken.total_seconds(),
            }
        if status.endswith("FAILED") or status.startswith("DELETE"):
            raise failed(order.name, cluster, found)
        if taken > within:
            raise NotBuilt(
                f"The cluster {order.name} was not built within {lasting(within)}",
                why=trouble or f"Magnum says {status or 'nothing of it'}",
                fix=(
                    f"It may still come: `/xk8s cluster show {cluster}`; to be rid of it: `/xk8s cluster"
                    f" delete {cluster}`"
                ),
            )
        flow.progress(
            ClusterBuilding(
                name=order.name,
                template=order.template_name,
                nodes=order.nodes,
                masters=order.masters,
                status=status,
                seconds=taken.total_seconds(),
                at=self._now(),
                trouble=trouble,
            )
        )
        return None


def failed(name: str, cluster: str, found: Mapping[str, Any]) -> NotBuilt:
    """Magnum's reason and faults, as an error that says what to do."""
    status = str(found.get("status"))
    if status.startswith("DELETE"):
        return NotBuilt(
            f"The cluster {name} is being deleted",
            why=f"Magnum says {status}",
            fix="Somebody else deletes it.",
        )
    reason = str(found.get("status_reason") or "Magnum gives no reason")
    faults = [f"{part}: {_short(fault)}" for part, fault in (found.get("faults") or {}).items()]
    return NotBuilt(
        f"Magnum could not build the cluster {name}",
        why="\n".join([f"{status}: {reason}", *faults[:MOST_FAULTS]]),
        fix=(
            f"Look at it: `/xk8s cluster show {cluster}`. It stays until it is deleted: `/xk8s cluster delete"
            f" {cluster}`"
        ),
    )


def _short(fault: object) -> str:
    text = " ".join(str(fault).split())
    return text if len(text) <= 400 else text[:399] + "…"
