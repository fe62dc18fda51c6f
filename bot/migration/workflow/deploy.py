"""Has the target built by Magnum, or finds the one that was named; then its driver is verified."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.lifecycle.ports import LifecycleTimeouts, ProjectCloud
from bot.clusters.lifecycle.provisioner import MARK, SETTLE_SECONDS, ClusterOrder, Provisioner
from bot.clusters.lifecycle.results import ClusterBuilding
from bot.common.problems import Problem
from bot.migration.workflow.cluster_views import RunState
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.run import LOOK_SECONDS, Run
from bot.migration.workflow.step import Step

VERIFY_SECONDS = 5.0  # between two looks at the driver of a new cluster


class _Wanted(Exception):
    def __init__(self, kept: Json) -> None:
        super().__init__(kept)
        self.kept = kept


class _Aside:
    """The flow of a migration, for building a cluster: its states become ours, and a person is heard
    meanwhile.
    """

    def __init__(self, passage: Run, *, first: bool) -> None:
        self._passage = passage
        self._flow = passage.flow
        self._first = first
        self.operation = passage.flow.operation
        self.project = passage.flow.project

    @property
    def run(self) -> str:
        """Another one each time after a first attempt, so that the order is looked for before it is sent
        again.
        """
        return self._flow.run if self._first else uuid.uuid4().hex

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """As the flow does, in the migration's turn. Raises `_Wanted`."""

        def once() -> Json:
            found = self._passage.in_turn(lambda: self._noted(do()))
            done: Json = found.get("done", found)
            return done

        kept = self._flow.step(f"deploy: {name}", once)
        if "wanted" in kept:
            raise _Wanted(kept)
        return kept

    def _noted(self, made: Json) -> Json:
        """What was ordered is this migration's from now on: nobody else deletes it or moves into it."""
        if "id" in made:
            self._passage.register.stands(self._passage.migration, target=made["id"])
        return made

    def until(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """As the flow does, until a person wants something. Raises `_Wanted`."""

        def watched() -> Json | None:
            wanted = self._passage.wanted()
            if wanted is not None:
                return wanted
            if not self._passage.has_turn():
                return None
            found = look()
            return None if found is None else {"done": found}

        kept = self._flow.until(f"deploy: {name}", watched, every=every)
        if "wanted" in kept:
            raise _Wanted(kept)
        done: Json = kept["done"]
        return done

    def pause(self, seconds: float) -> None:
        """As the flow does."""
        self._flow.pause(seconds)

    def fence(self) -> None:
        """As the flow does."""
        self._flow.fence()

    def progress(self, state: object) -> None:
        """Where Magnum is with it."""
        if isinstance(state, ClusterBuilding):
            self._passage.tell(f"Magnum says {state.status or 'accepted'}", trouble=state.trouble)

    def changed(self, name: str, state: object) -> None:
        """A migration says for itself what it has come to."""


def deploy(
    passage: Run,
    ground: ProjectPorts,
    recorded: RunState,
    building: Provisioner,
    order: ClusterOrder | None,
    limits: LifecycleTimeouts,
) -> None:
    """Make the target be there; its id is recorded. Raises `RollbackRequested`."""
    passage.enter(Step.DEPLOY)
    if order is None:
        recorded.target = passage.plan.target.id
        passage.leave(f"the cluster {passage.plan.target.name} is there already")
        return
    recorded.made = True
    built = _built(passage, ground, building, order, limits.create)
    recorded.target = built["id"]

    def note() -> Json:
        passage.register.stands(passage.migration, target=built["id"])
        return {}

    passage.do("deploy: note", note)
    passage.leave(f"cluster {order.name} is built: {order.nodes} nodes, Kubernetes {built['kubernetes']}")


def _built(
    passage: Run, ground: ProjectPorts, building: Provisioner, order: ClusterOrder, within: timedelta
) -> Json:
    first = True
    while True:
        try:
            made = building.build(_Aside(passage, first=first), ground.site, order, within=within)
            return {"id": made.id, "kubernetes": made.kubernetes}
        except _Wanted as wanted:
            passage.follow(wanted.kept)
        except Problem as problem:
            passage.hold(problem)
            remove_ours(passage, ground, order.name, only_failed=True)
        first = False


def remove_ours(passage: Run, ground: ProjectPorts, name: str, *, only_failed: bool = False) -> bool:
    """Delete the cluster that this migration had built, by its label, and wait until it is gone. Raises
    `RollbackRequested`.

    Nothing else is ever deleted here: a cluster of that name without our label is somebody else's.
    """
    operation = passage.flow.operation

    def remove() -> Json:
        found = _shown(passage, ground, name)
        ids = [
            each["uuid"] for each in found if not only_failed or str(each.get("status")).endswith("FAILED")
        ]
        for each in ids:
            passage.flow.fence()
            try:
                ground.site.magnum.delete_cluster(each, operation=operation)
            except MagnumNotFound:
                continue
        return {"ids": ids}

    removed = passage.do("remove what was built", remove)["ids"]
    if not removed:
        return False

    def left() -> list[str]:
        there = [each for each in ours(ground.site, name, operation) if each["uuid"] in removed]
        return [f"Magnum says {each.get('status')} of {name}" for each in there]

    passage.wait("wait for its end", left, what="go", within=timedelta(minutes=60), every=LOOK_SECONDS)
    return True


def _shown(passage: Run, ground: ProjectPorts, name: str) -> list[Json]:
    """What was ordered; Magnum shows a cluster only a while after it has taken the order. Within a step."""
    waited = 0.0
    while True:
        found = ours(ground.site, name, passage.flow.operation)
        if found or passage.step is not Step.DEPLOY or waited >= SETTLE_SECONDS:
            return found
        passage.flow.pause(1.0)
        waited += 1.0


def ours(site: ProjectCloud, name: str, operation: str) -> list[Json]:
    """The clusters of that name which an operation has ordered, as Magnum tells them."""
    named = [each for each in site.magnum.clusters() if each.get("name") == name]
    return [each for each in named if (each.get("labels") or {}).get(MARK) == operation]


def verify(passage: Run, ground: ProjectPorts, recorded: RunState, within: timedelta) -> None:
    """Wait until the target's driver is healthy. Raises `RollbackRequested`."""
    passage.enter(Step.VERIFY)
    driver, name = passage.plan.target.driver, passage.plan.target.name

    def look() -> list[str]:
        wrong = ground.driver_problem(recorded.target, str(driver))
        return [wrong] if wrong else []

    passage.wait(
        "verify",
        look,
        what=f"become healthy ({driver} on {name})",
        within=within,
        every=VERIFY_SECONDS,
        fix=f"See `/xk8s verify {driver} {name}`, then resume: I look again.",
        detail=f"{driver} on {name}",
    )
    passage.leave(f"{driver} on {name} is healthy")
