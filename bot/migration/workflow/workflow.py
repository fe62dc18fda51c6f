"""The whole way of one migration, in its order. Everything that it does stands in the steps of its
neighbours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.access.proposal import Proposal
from bot.adapters.durable.flow import Flow
from bot.clusters.lifecycle.ports import LifecycleTimeouts
from bot.clusters.lifecycle.provisioner import ClusterOrder, Provisioner
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow import (
    approvals,
    copy,
    cutover,
    deploy,
    prove,
    rollback,
    snapshots,
    source_deletion,
    traffic,
)
from bot.migration.workflow.cluster_views import RunState
from bot.migration.workflow.concurrency import MigrationPermit
from bot.migration.workflow.events import MigrationEnded
from bot.migration.workflow.ports import (
    ConcurrencyLimiter,
    DecisionPort,
    Json,
    MigrationRegister,
    ProjectPorts,
    ProjectPortsFactory,
)
from bot.migration.workflow.report import report
from bot.migration.workflow.run import RollbackRequested, Run, head
from bot.migration.workflow.source_deletion import Remove
from bot.migration.workflow.step import Signal, Step, is_past_cutover
from storage.cluster_migrations import CANCELLED, DONE, ROLLED_BACK

WORK = "migrate"
CUT_OVER = "migrate.cutover"


class MigrationGone(Problem):
    """There is no such migration any more."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationWorkflow:
    """The workflow behind `migrate`. Its input: the id of a migration that was noted."""

    register: MigrationRegister
    turns: ConcurrencyLimiter
    grounds: ProjectPortsFactory
    decisions: DecisionPort
    building: Provisioner
    remove: Remove
    limits: Callable[[], LifecycleTimeouts]
    at_once: Callable[[], int]  # how many migrations of a project may be at work
    ready_within: Callable[[], timedelta]
    retry_for: Callable[[], timedelta]  # how long a step is tried again by itself
    now: Callable[[], datetime]

    def __call__(self, flow: Flow, given: Json) -> MigrationEnded:
        """Migrate, or go back. Raises `MigrationGone`."""
        noted = flow.step("read", lambda: self._read(given["migration"]))
        plan = MigrationPlan.model_validate(noted["plan"])
        begun = datetime.fromisoformat(noted["begun"])
        own = MigrationPermit(
            self.turns,
            given["migration"],
            operation=flow.operation,
            project=flow.project,
            at_once=self.at_once,
        )
        passage = Run(
            flow,
            self.register,
            own,
            migration=given["migration"],
            plan=plan,
            begun=begun,
            now=self.now,
            retry_for=self.retry_for,
        )
        order = ClusterOrder.from_json(noted["order"]["deploy"]) if noted["order"]["deploy"] else None
        recorded = RunState(target=plan.target.id)
        try:
            said = self._there(passage, recorded, order, noted["order"])
            outcome = DONE
        except RollbackRequested as turn:
            ground = self._ground(passage)
            said = rollback.roll_back(passage, ground, recorded, turn, order)
            outcome = CANCELLED if turn.word is Signal.CANCEL else ROLLED_BACK
        return self._ended(passage, outcome, said)

    def _read(self, migration: str) -> Json:
        found = self.register.get(migration)
        if found is None:
            raise MigrationGone(f"There is no migration {migration}", fix="See `/xk8s migrate list`.")
        return {"plan": found.plan, "order": found.order, "begun": found.begun_at.isoformat()}

    def _ground(self, passage: Run) -> ProjectPorts:
        return self.grounds(passage.flow.project, passage.flow.operation)

    def _there(self, passage: Run, recorded: RunState, order: ClusterOrder | None, wishes: Json) -> list[str]:
        ground = self._ground(passage)
        deploy.deploy(passage, ground, recorded, self.building, order, self.limits())
        deploy.verify(passage, ground, recorded, self.limits().verify)
        self._carried(passage, ground, recorded, wishes)
        cutover.quiesce(passage, ground, recorded)
        cutover.volumes(passage, ground, recorded)
        cutover.start(passage, ground, recorded, self.ready_within())
        traffic.traffic(passage, ground, recorded)
        prove.prove(passage, ground, recorded, self.ready_within())
        prove.soak(passage, timedelta(seconds=wishes["soak"]))
        if not passage.plan.source.of_magnum:
            return [f"{passage.plan.source.name} stays: Magnum did not deploy it, so I cannot delete it"]
        looked = source_deletion.consent(passage, ground, recorded, self.decisions)
        source_deletion.delete(passage, ground, recorded, self.remove, looked=looked)
        return [f"{passage.plan.source.name} is deleted", f"{passage.plan.target.name} serves"]

    def _carried(self, passage: Run, ground: ProjectPorts, recorded: RunState, wishes: Json) -> None:
        """Copy until the copy is the source as it is, and a second person has consented to the cut-over;
        begin that.
        """
        while True:
            copy.copy(passage, ground, recorded)
            wrong = copy.compare(passage, ground, recorded, self.ready_within())
            wrong = approvals.second_look(passage, ground, recorded) or wrong
            if wrong is None:
                passage.enter(Step.DECIDE)
                by = approvals.consent(
                    passage,
                    self.decisions,
                    kind=CUT_OVER,
                    name="cutover",
                    propose=lambda: propose_cut_over(passage, recorded),
                )
                wrong = approvals.second_look(passage, ground, recorded)
                wrong = wrong or approvals.last_look(passage, ground, recorded)
                if wrong is None:
                    looked = passage.pauses
                    said = (
                        f"cut-over approved by {' and '.join(by)}"
                        if by
                        else "cut-over needs no approval here"
                    )
                    passage.leave(said, shown=bool(by))
                    wrong = approvals.begin_cut_over(passage, ground, recorded, looked=looked)
                if wrong is None:
                    return
            passage.hold(wrong)
            approvals.plan_anew(passage, ground, recorded, wishes)

    def _ended(self, passage: Run, outcome: str, said: list[str]) -> MigrationEnded:
        def end() -> Json:
            now = self.now()
            stays = outcome == DONE and not passage.plan.source.of_magnum
            more = snapshots.left(passage, self._ground(passage)) if stays else []
            passage.note("ended", {"what": outcome, "said": "; ".join([*said, *more])})
            self.register.stands(passage.migration, state=outcome, waits="", ended_at=now, since=now)
            found = self.register.get(passage.migration)
            return {
                "at": now.isoformat(),
                "history": found.history if found is not None else [],
                "more": more,
            }

        kept = passage.flow.step("ended", end)
        said = [*said, *kept.get("more", [])]
        ended = datetime.fromisoformat(kept["at"])
        text = report(
            migration=passage.migration,
            project=passage.flow.project,
            plan=passage.plan,
            outcome=outcome,
            said=said,
            history=kept["history"],
            begun=passage.begun,
            ended=ended,
        )
        named = head(passage.migration, passage.plan)
        return MigrationEnded(
            project=passage.flow.project,
            migration=passage.migration,
            source=named.source,
            target=named.target,
            route=named.route,
            outcome=outcome,
            said=tuple(said),
            seconds=(ended - passage.begun).total_seconds(),
            objects=len(passage.plan.items) if is_past_cutover(passage.step) and outcome == DONE else 0,
            report=text,
        )


def propose_cut_over(passage: Run, recorded: RunState) -> Proposal:
    """What the cut-over does. Bound to the plan and the target: a source that changed voids it."""
    plan = passage.plan
    moved = [each for each in plan.volumes if each.moves]
    low, high = plan.estimate.outage
    workloads = sum(item.mode == "at cut-over" for item in plan.items)
    lines = [
        f"migration {passage.migration}: the copy in {plan.target.name} compared equal",
        (
            f"{count(workloads, 'object stops', 'objects stop')} on {plan.source.name}; their copies on"
            f" {plan.target.name} start"
        ),
        (
            f"{count(len(moved), 'Cinder volume moves', 'Cinder volumes move')} from {plan.source.name} to"
            f" {plan.target.name}"
        ),
        *(
            f"{each.service.short}: {', '.join(each.addresses) or 'no address'}, {each.recipe}"
            for each in plan.balancers
        ),
        f"outage: about {max(1, low // 60)} to {max(1, high // 60)} minutes (a guess from counts)",
        f"the way back: `/xk8s migrate rollback {passage.migration}`, until the deletion is approved",
    ]
    return Proposal(
        kind=CUT_OVER,
        headline=f"Cut over from {plan.source.name} to {plan.target.name}",
        consequences=tuple(lines),
        warnings=tuple(each.what for each in plan.warnings[:8]),
        target=plan.source.name,
        target_id=plan.source.id,
        bound={"migration": passage.migration, "target": recorded.target, "plan": plan.bound()},
    )
