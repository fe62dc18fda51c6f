"""The durable workflow of a migration: its steps in their order, and its end."""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.adapters.durable.flow import Flow
from bot.clusters.lifecycle.ports import LifecycleTimeouts
from bot.clusters.lifecycle.provisioner import ClusterOrder, Provisioner
from bot.common.problems import Problem
from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow import snapshots, source_drift
from bot.migration.workflow.cutover import cut_over
from bot.migration.workflow.events import MigrationEnded
from bot.migration.workflow.ports import DecisionPort, Json, ProjectPortsFactory
from bot.migration.workflow.progress import heading
from bot.migration.workflow.replan import replan
from bot.migration.workflow.report import report
from bot.migration.workflow.rollback import roll_back
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import RollbackRequested, Signal
from bot.migration.workflow.step import is_past_cutover
from bot.migration.workflow.steps import quiesce
from bot.migration.workflow.steps.compare import compare
from bot.migration.workflow.steps.consent import approve_deletion
from bot.migration.workflow.steps.copy import copy
from bot.migration.workflow.steps.decide import decide
from bot.migration.workflow.steps.delete import DeleteCluster, delete_source
from bot.migration.workflow.steps.deploy import deploy
from bot.migration.workflow.steps.prove import prove
from bot.migration.workflow.steps.soak import soak
from bot.migration.workflow.steps.verify import verify
from storage.cluster_migrations import CANCELLED, DONE, ROLLED_BACK, ClusterMigrationRepository
from storage.migration_permits import MigrationPermitRepository

WORK = "migrate"  # the name under which DBOS knows this workflow


class MigrationGone(Problem):
    """There is no such migration any more."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationWorkflow:
    """The workflow behind `migrate`. Its input is the id of a migration in the register."""

    register: ClusterMigrationRepository
    limiter: MigrationPermitRepository
    ports: ProjectPortsFactory
    decisions: DecisionPort
    provisioner: Provisioner
    delete_cluster: DeleteCluster
    timeouts: Callable[[], LifecycleTimeouts]
    concurrency: Callable[[], int]  # how many migrations of a project may work at once
    ready_within: Callable[[], timedelta]
    retry_within: Callable[[], timedelta]  # how long a step is repeated by itself before a pause
    now: Callable[[], datetime]

    def __call__(self, flow: Flow, arguments: Json) -> MigrationEnded:
        """Migrate, or roll back when somebody asks for it. Raises `MigrationGone`."""
        stored = flow.step("read", lambda: self._read(arguments["migration"]))
        options = stored["order"]
        order = ClusterOrder.from_json(options["deploy"]) if options["deploy"] else None
        run = Run(
            flow=flow,
            plan=MigrationPlan.model_validate(stored["plan"]),
            began=datetime.fromisoformat(stored["begun"]),
            ports=self.ports(flow.project, flow.operation),
            decisions=self.decisions,
            register=self.register,
            limiter=self.limiter,
            limit=self.concurrency,
            retry_within=self.retry_within,
            now=self.now,
        )
        try:
            result = self._migrate(run, order, options)
            outcome = DONE
        except RollbackRequested as request:
            result = roll_back(run, request, order)
            outcome = CANCELLED if request.signal is Signal.CANCEL else ROLLED_BACK
        return self._end(run, outcome, result)

    def _read(self, migration: str) -> Json:
        row = self.register.get(migration)
        if row is None:
            raise MigrationGone(f"There is no migration {migration}", fix="See `/xk8s migrate list`.")
        return {"plan": row.plan, "order": row.order, "begun": row.begun_at.isoformat()}

    def _migrate(self, run: Run, order: ClusterOrder | None, options: Json) -> list[str]:
        """Take every step. Returns the result in words; raises `RollbackRequested`."""
        deploy(run, self.provisioner, order, self.timeouts().create)
        verify(run, self.timeouts().verify)
        while (obstacle := self._prepare(run)) is not None:
            run.steps.pause(obstacle)
            replan(run, options)
        cut_over(run, self.ready_within())
        prove(run, self.ready_within())
        soak(run, timedelta(seconds=options["soak"]))
        if not run.plan.source.of_magnum:
            return [f"{run.plan.source.name} stays: Magnum did not deploy it, so I cannot delete it"]
        approve_deletion(run)
        delete_source(run, self.delete_cluster)
        return [f"{run.plan.source.name} is deleted", f"{run.plan.target.name} serves"]

    def _prepare(self, run: Run) -> Problem | None:
        """Copy, compare, await the approval of the cut-over, and begin to stop the source.

        Returns what keeps the copy from being the source as it is: then the plan is made anew, and again.
        """
        copy(run)
        differences = compare(run, self.ready_within())
        drift = source_drift.check(run)
        return drift or differences or decide(run) or quiesce.begin(run)

    def _end(self, run: Run, outcome: str, result: list[str]) -> MigrationEnded:
        """Record the end, and compose the report."""

        def end() -> Json:
            now = self.now()
            source_stays = outcome == DONE and not run.plan.source.of_magnum
            snapshot_lines = snapshots.note_kept(run) if source_stays else []
            run.progress.note("ended", {"what": outcome, "said": "; ".join([*result, *snapshot_lines])})
            run.progress.store(state=outcome, waits="", ended_at=now, since=now)
            row = self.register.get(run.migration)
            history = row.history if row is not None else []
            return {"at": now.isoformat(), "history": history, "more": snapshot_lines}

        record = run.flow.step("ended", end)
        lines = [*result, *record.get("more", [])]
        ended = datetime.fromisoformat(record["at"])
        plan = run.plan
        return MigrationEnded(
            **dataclasses.asdict(heading(plan)),
            project=run.flow.project,
            outcome=outcome,
            said=tuple(lines),
            seconds=(ended - run.began).total_seconds(),
            objects=len(plan.items) if is_past_cutover(run.position.step) and outcome == DONE else 0,
            report=report(
                project=run.flow.project,
                plan=plan,
                outcome=outcome,
                result=lines,
                history=record["history"],
                began=run.began,
                ended=ended,
            ),
        )
