"""An approval is asked for again after a refusal, and begun only while it is what was shown."""

from __future__ import annotations

from bot.actions.proposal import Proposal
from bot.common.problems import Refusal
from bot.migration.workflow.approvals import await_approval
from bot.migration.workflow.events import MigrationPaused
from bot.migration.workflow.ports import DecisionStatus, MigrationDecision
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, pauses

PROPOSAL = Proposal(kind="migrate.cutover", headline="Cut over")


class Approvers:
    """Answer each decision as told, by its name; approve all others."""

    def __init__(self) -> None:
        self.kinds = {"migrate.cutover"}
        self.rejected: dict[str, str] = {}
        self.void: dict[str, Refusal] = {}
        self.asked: list[str] = []
        self.begun: list[str] = []

    def is_required(self, kind: str) -> bool:
        return kind in self.kinds

    def request(self, _operation: str, name: str, _proposal: Proposal) -> MigrationDecision:
        self.asked.append(name)
        return MigrationDecision(id="a2", status=DecisionStatus.OPEN, line="open")

    def get(self, _operation: str, name: str) -> MigrationDecision:
        if name in self.rejected:
            return MigrationDecision(id="a2", status=DecisionStatus.ENDED, line=self.rejected[name])
        return MigrationDecision(id="a2", status=DecisionStatus.APPROVED, line="approved by bo", by=("bo",))

    def start(self, _operation: str, name: str, _proposal: Proposal) -> None:
        if name in self.void:
            raise self.void[name]
        self.begun.append(name)

    def close(self, *_decision: object) -> None:
        raise AssertionError("nothing is closed here")


def approve(run: Run) -> tuple[str, ...]:
    return await_approval(
        run, kind="migrate.cutover", name="cutover", subject="cut-over", propose=lambda: PROPOSAL
    )


def paused(project: ProjectMigrations, approvers: Approvers) -> MigrationPaused:
    """Wait for an approval that is refused at first, and resume the migration."""
    run, played = project.run("m1", decisions=approvers)
    run.begin(Step.DECIDE)
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.RESUME)]
    assert approve(run) == ("bo",)
    [event] = pauses(played)
    return event


def test_who_approved_is_returned_and_stands_in_the_history(project: ProjectMigrations) -> None:
    approvers = Approvers()
    run, _played = project.run("m1", decisions=approvers)
    run.begin(Step.DECIDE)
    assert approve(run) == ("bo",)
    assert approvers.asked == approvers.begun == ["cutover-1"]
    row = project.register.get("m1")
    assert row is not None and row.waits == ""
    [event] = row.history
    assert (event["what"], event["by"], event["said"]) == ("approved", ["bo"], "approved by bo")


def test_nobody_is_asked_where_the_configuration_asks_for_no_decision(project: ProjectMigrations) -> None:
    approvers = Approvers()
    approvers.kinds.clear()
    run, _played = project.run("m1", decisions=approvers)
    assert approve(run) == () and not approvers.asked


def test_a_rejected_decision_pauses_and_is_asked_for_again(project: ProjectMigrations) -> None:
    approvers = Approvers()
    approvers.rejected["cutover-1"] = "rejected by cy: not today"
    event = paused(project, approvers)
    assert (event.what, event.why) == ("There is no consent to the cut-over", "rejected by cy: not today")
    assert approvers.asked == ["cutover-1", "cutover-2"] and approvers.begun == ["cutover-2"]


def test_what_changed_after_it_was_approved_pauses_and_is_asked_for_again(project: ProjectMigrations) -> None:
    approvers = Approvers()
    approvers.void["cutover-1"] = Refusal("What was approved has changed since", why="the plan")
    event = paused(project, approvers)
    assert event.why == "What was approved has changed since: the plan"
    assert approvers.begun == ["cutover-2"]
