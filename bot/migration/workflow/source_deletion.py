"""The end of the old cluster: approved by name, looked at once more right before, then deleted and
handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.access.proposal import Proposal
from bot.adapters.durable.flow import Flow
from bot.clusters.lifecycle.results import ClusterDeleting
from bot.common.problems import Problem
from bot.common.wording import count, first_of
from bot.migration.volumes import reattachment
from bot.migration.workflow import approvals, proof_checks, prove, snapshots
from bot.migration.workflow.cluster_views import RunState, opened
from bot.migration.workflow.ports import DecisionPort, Json, ProjectPorts
from bot.migration.workflow.prove import NotSafe
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

KIND = "migrate.delete"
NAMED = 8
Remove = Callable[
    [Flow, Json], object
]  # deletes a cluster of Magnum and waits until it is gone; raises `Problem`


def consent(passage: Run, ground: ProjectPorts, recorded: RunState, decisions: DecisionPort) -> int:
    """Ask for the deletion, and look at everything once more when it is approved. Raises `RollbackRequested`.

    Returns after how many pauses it was looked at.
    """
    passage.enter(Step.CONSENT)
    found = passage.do("recheck", lambda: _rechecked(passage, ground, recorded, "recheck"))
    by = approvals.consent(
        passage,
        decisions,
        kind=KIND,
        name="delete",
        propose=lambda: propose(passage, ground, recorded, found.get("unchecked", [])),
    )
    last = passage.do(
        "recheck at last", lambda: _rechecked(passage, ground, recorded, "recheck at last"), working=True
    )
    looked = passage.pauses
    passage.leave(f"deletion approved by {' and '.join(by)}", proof_checks.lines(last))
    return looked


def _rechecked(passage: Run, ground: ProjectPorts, recorded: RunState, name: str) -> Json:
    passage.tell("looking whether the old cluster may go")
    wrong = ground.driver_problem(recorded.target, str(passage.plan.target.driver))
    with opened(passage.plan, ground, recorded) as scene:
        checks = proof_checks.proof(scene, passage.flow.pause)
        found = prove.against(scene, wrong, checks)
    if found:
        raise NotSafe(
            f"{count(len(found), 'thing stands', 'things stand')} against deleting"
            f" {passage.plan.source.name}",
            why=first_of(found, NAMED),
            fix="Mend them, then resume: I look again. Or roll back.",
        )
    return proof_checks.kept(passage, name, checks)


def propose(passage: Run, ground: ProjectPorts, recorded: RunState, unchecked: Sequence[str]) -> Proposal:
    """What the deletion takes and leaves, and what could not be checked. Bound to both clusters, the
    disks and the plan.
    """
    plan = passage.plan
    source = ground.site.magnum.cluster(plan.source.id)
    moved = [each for each in plan.volumes if each.moves]
    nodes = source.get("node_count")
    fresh = [each for each in plan.balancers if each.service not in {move.service for move in recorded.moves}]
    lines = [
        f"migration {passage.migration}: {plan.target.name} has served and is proven",
        (
            f"{nodes if nodes is not None else 'all'} nodes of {plan.source.name} (id {plan.source.id},"
            f" project {passage.flow.project}), its load balancers and its private network go"
        ),
        f"{count(len(moved), 'Cinder volume stays', 'Cinder volumes stay')} with {plan.target.name}",
        *(
            ["the snapshots of the disks as they were before the cut-over go with it"]
            if moved and ground.takes_snapshots
            else []
        ),
        *(
            [
                f"{count(len(fresh), 'old load balancer address goes', 'old load balancer addresses go')}:"
                " DNS must point to the new ones"
            ]
            if fresh
            else []
        ),
        *(
            [
                f"{count(len(recorded.moves), 'floating IP stays', 'floating IPs stay')} with"
                f" {plan.target.name}"
            ]
            if recorded.moves
            else []
        ),
    ]
    return Proposal(
        kind=KIND,
        headline=f"Delete {plan.source.name}, whose workloads {plan.target.name} runs",
        target=plan.source.name,
        consequences=tuple(lines),
        warnings=tuple(f"not checked: {line}" for line in unchecked[:NAMED]),
        target_id=plan.source.id,
        typed=plan.source.name,
        destructive=True,
        bound={
            "migration": passage.migration,
            "target": recorded.target,
            "plan": plan.bound(),
            "moved": sorted(each.handle for each in moved),
        },
    )


class _Aside:
    """The flow of a migration, for deleting a cluster: its states become ours."""

    def __init__(self, passage: Run) -> None:
        self._passage = passage
        self._flow = passage.flow
        self.operation = passage.flow.operation
        self.project = passage.flow.project

    @property
    def run(self) -> str:
        """As the flow has it."""
        return self._flow.run

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """As the flow does, in the migration's turn, which it waits for no more."""

        def once() -> Json:
            self._passage.has_turn()
            return do()

        return self._flow.step(f"delete: {name}", once)

    def until(self, name: str, look: Callable[[], Json | None], *, every: float) -> Json:
        """As the flow does."""
        return self._flow.until(f"delete: {name}", look, every=every)

    def pause(self, seconds: float) -> None:
        """As the flow does."""
        self._flow.pause(seconds)

    def fence(self) -> None:
        """As the flow does."""
        self._flow.fence()

    def progress(self, state: object) -> None:
        """Where Magnum is with it."""
        if isinstance(state, ClusterDeleting):
            going = state.status.startswith("DELETE")
            detail = f"Magnum says {state.status}" if going else "Magnum is told to delete it"
            self._passage.tell(detail, trouble=state.trouble)

    def changed(self, name: str, state: object) -> None:
        """A migration says for itself what it has come to."""


def delete(passage: Run, ground: ProjectPorts, recorded: RunState, remove: Remove, *, looked: int) -> None:
    """Delete the source, then give the disks their own reclaim policy. There is no way back from here.

    If it was paused since everything was `looked` at (after so many pauses), that is done once more: evidence
    is never older than a pause. Raises `RollbackRequested`.
    """

    def first() -> None:
        if passage.pauses != looked:
            _rechecked(passage, ground, recorded, "recheck after a pause")

    passage.enter(Step.DELETE, first)
    source = passage.plan.source
    while True:
        try:
            remove(_Aside(passage), {"id": source.id, "name": source.name})
            break
        except Problem as problem:
            passage.hold(problem)

    def hand_over() -> Json:
        with ground.connect(recorded.target) as target:
            gone = snapshots.removed(passage, ground)
            return {
                "volumes": len(reattachment.hand_over(target, passage.plan.volumes, passage.migration)),
                "snapshots": gone,
            }

    handed = passage.do("hand over", hand_over)
    gone = handed.get("snapshots", {})
    passage.leave(
        f"{source.name} is deleted; {count(handed['volumes'], 'volume has its', 'volumes have their')} own"
        " reclaim policy again",
        [*([gone["said"]] if gone else []), *gone.get("left", [])],
    )
