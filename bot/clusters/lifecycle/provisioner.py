"""Has Magnum build a cluster exactly once: the steps that `cluster create` and migrations share.

Magnum creates duplicates, and an order whose answer was lost may have been taken all the same. So a name is
reserved first, and the order carries its operation in a label. Before an order is sent by a run that cannot
know that it is the first, the cluster is looked for, for as long as Magnum may take to show it (it stores a
cluster after it has answered).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.durable.flow import Flow, Json, OwnershipLost
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumFailed, MagnumNotFound, MagnumUnreachable
from bot.clusters.lifecycle.magnum_status import failure_of, status_of
from bot.clusters.lifecycle.ports import ProjectCloud
from bot.clusters.lifecycle.results import ClusterBuilding
from bot.common.problems import Problem, Refusal
from bot.common.wording import exact_duration
from storage.reservations import ReservationRepository

OPERATION_LABEL = "xk8s_operation"  # the label that tells a cluster of ours from another one of the same name
SETTLE_SECONDS = 10.0  # how long Magnum may take to show a cluster that it has accepted
LOOK_SECONDS = 1.0  # between two looks for it
EVERY = 5.0  # seconds between two looks at a cluster that is being built
TRIES = 3  # to send an order of which no trace is found
BUILT = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS")


class NotBuilt(Problem):
    """Magnum did not build a cluster."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOrder:
    """A cluster to build.

    It is stored in the clear as a workflow's input, so it has no labels: one of a template's may hold a
    password, and they are read when the order is sent.
    """

    name: str
    template: str  # its UUID
    template_name: str
    driver: str  # Magnum's `network_driver`, which need not be in the catalogue
    kubernetes: str
    nodes: int
    masters: int

    def to_json(self) -> Json:
        """Return the order as a workflow's input."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> ClusterOrder:
        """Read what `to_json` returned."""
        return cls(**data)

    def to_magnum(self, operation: str, labels: Mapping[str, Any]) -> Json:
        """Return the body of Magnum's POST. `labels` are all of the template's: Magnum merges nothing."""
        return {
            "name": self.name,
            "cluster_template_id": self.template,
            "node_count": self.nodes,
            "master_count": self.masters,
            "labels": {**labels, OPERATION_LABEL: operation},
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class BuiltCluster:
    """A cluster that Magnum has completed; `seconds` is how long that took."""

    id: str
    api_address: str
    kubernetes: str
    seconds: float


class Provisioner:
    """Builds clusters within a workflow."""

    def __init__(
        self,
        reservations: ReservationRepository,
        *,
        now: Callable[[], datetime],
        settle: float = SETTLE_SECONDS,
    ) -> None:
        """`settle` is in seconds."""
        self._reservations = reservations
        self._now = now
        self._settle = settle

    def build(
        self, flow: Flow, cloud: ProjectCloud, order: ClusterOrder, *, within: timedelta
    ) -> BuiltCluster:
        """Have a cluster built and wait for it. Raises `NotBuilt`, `Refusal` or `MagnumError`."""
        reserved = flow.step("reserve", lambda: self._reserve(flow, cloud, order))
        ordering = _Ordering(flow=flow, cloud=cloud, order=order, settle=self._settle)
        ordered = flow.step(
            "order",
            lambda: {"id": ordering.place(first=reserved["run"] == flow.run), "at": self._now().isoformat()},
        )

        def look() -> Json | None:
            return self._look(flow, cloud, order, ordered=ordered, within=within)

        built = flow.poll("build", look, every=EVERY)
        flow.step("release", lambda: self._release(flow, cloud, order))
        return BuiltCluster(**built)

    def _look(
        self, flow: Flow, cloud: ProjectCloud, order: ClusterOrder, *, ordered: Json, within: timedelta
    ) -> Json | None:
        """Return what is recorded of the cluster once it is built, and show its state until then."""
        age = self._now() - datetime.fromisoformat(ordered["at"])
        body, trouble = self._read(cloud, order, ordered["id"], age)
        if status_of(body) in BUILT:
            return {
                "id": ordered["id"],
                "api_address": body.get("api_address") or "",
                "kubernetes": body.get("coe_version") or order.kubernetes,
                "seconds": age.total_seconds(),
            }
        if age > within:
            raise NotBuilt(
                f"The cluster {order.name} was not built within {exact_duration(within)}",
                why=trouble or f"Magnum says {status_of(body) or 'nothing of it'}",
                fix=(
                    f"It may still come: `/xk8s cluster show {ordered['id']}`; to be rid of it:"
                    f" `/xk8s cluster delete {ordered['id']}`"
                ),
            )
        state = ClusterBuilding(
            name=order.name,
            template=order.template_name,
            nodes=order.nodes,
            masters=order.masters,
            status=status_of(body),
            seconds=age.total_seconds(),
            at=self._now(),
            trouble=trouble,
        )
        flow.report_progress(state)
        return None

    def _reserve(self, flow: Flow, cloud: ProjectCloud, order: ClusterOrder) -> Json:
        holder = self._reservations.reserve(cloud.name, order.name, operation=flow.operation, now=self._now())
        if holder != flow.operation:
            raise Refusal(
                f"A cluster {order.name} is being created already",
                why=f"by the request {holder[:4]}",
                fix="Wait for it, or choose another name.",
            )
        return {"run": flow.run}

    def _release(self, flow: Flow, cloud: ProjectCloud, order: ClusterOrder) -> Json:
        self._reservations.release(cloud.name, order.name, operation=flow.operation)
        return {}

    def _read(
        self, cloud: ProjectCloud, order: ClusterOrder, cluster: str, age: timedelta
    ) -> tuple[Json, str]:
        """Return Magnum's body of a cluster, and why there is none: Magnum does not answer, and builds on.

        Raises `NotBuilt` for a cluster that has failed, or that is gone and not only not shown yet.
        """
        try:
            body = cloud.magnum.cluster(cluster)
        except MagnumNotFound as error:
            if age.total_seconds() <= self._settle:
                return {}, ""
            raise NotBuilt(
                f"The cluster {order.name} is gone",
                why=f"while it was being built: {error.why}",
                fix="Somebody deleted it. To create it again, say the same words again.",
            ) from error
        except MagnumError as error:
            return {}, error.what
        if status_of(body).endswith("FAILED") or status_of(body).startswith("DELETE"):
            raise _build_failure(order.name, cluster, body)
        return body, ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Ordering:
    """Sends one order so that it makes one cluster, whatever is lost on the way."""

    flow: Flow
    cloud: ProjectCloud
    order: ClusterOrder
    settle: float

    def place(self, *, first: bool) -> str:
        """Return the UUID of the order's cluster, which is ordered now unless it exists.

        `first`: no earlier run can have sent the order, so it is not waited for before it is sent.
        """
        for attempt in range(TRIES):
            cluster = self._find(patient=not first or attempt > 0)
            if cluster is not None:
                return cluster
            try:
                return self._send()
            except (MagnumUnreachable, MagnumFailed):  # the order may have been taken all the same
                if attempt == TRIES - 1:
                    cluster = self._find(patient=True)
                    if cluster is not None:
                        return cluster
                    raise
        raise AssertionError("unreachable")

    def _send(self) -> str:
        labels = self.cloud.magnum.template(self.order.template).get("labels") or {}
        operation = self.flow.operation
        self.flow.fence()
        cluster = self.cloud.magnum.create_cluster(
            self.order.to_magnum(operation, labels), operation=operation
        )
        try:
            self.flow.fence()
        except OwnershipLost:
            # this process was paused for so long that another has taken over and ordered a cluster as well
            if len(self._own(self._named())) > 1:
                self.cloud.magnum.delete_cluster(cluster, operation=operation)
            raise
        return cluster

    def _named(self) -> list[Json]:
        return [body for body in self.cloud.magnum.clusters() if body.get("name") == self.order.name]

    def _own(self, bodies: list[Json]) -> list[Json]:
        return [
            body for body in bodies if (body.get("labels") or {}).get(OPERATION_LABEL) == self.flow.operation
        ]

    def _find(self, *, patient: bool) -> str | None:
        """Return the order's cluster if it exists; the oldest, as a second one is on its way out.

        Raises `Refusal` if another cluster has the name.
        """
        waited = 0.0
        while True:
            named = self._named()
            own = self._own(named)
            if own:
                return str(min(own, key=lambda body: str(body.get("created_at")))["uuid"])
            if named:
                raise Refusal(
                    f"There is a cluster {self.order.name} already",
                    why=f"its id is {named[0]['uuid']}",
                    fix=f"Choose another name, or look at it: `/xk8s cluster show {named[0]['uuid']}`",
                )
            if not patient or waited >= self.settle:
                return None
            self.flow.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS


def _build_failure(name: str, cluster: str, body: Json) -> NotBuilt:
    if status_of(body).startswith("DELETE"):
        return NotBuilt(
            f"The cluster {name} is being deleted",
            why=f"Magnum says {status_of(body)}",
            fix="Somebody else deletes it.",
        )
    return NotBuilt(
        f"Magnum could not build the cluster {name}",
        why=failure_of(body),
        fix=(
            f"Look at it: `/xk8s cluster show {cluster}`. It stays until it is deleted: `/xk8s cluster delete"
            f" {cluster}`"
        ),
    )
