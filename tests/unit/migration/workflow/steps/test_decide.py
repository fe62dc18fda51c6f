"""The cut-over begins only after its approval, with a healthy target and the source as it was planned."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from bot.migration.workflow import source_drift
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from bot.migration.workflow.steps import decide as decide_step
from bot.migration.workflow.steps import quiesce
from bot.migration.workflow.steps.decide import decide, propose_cutover
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, pauses
from tests.unit.migration.workflow.test_approvals import Approvers


class Ports:
    """Two clusters that answer; a test makes the driver ill, or the source change."""

    def __init__(self) -> None:
        self.problem = ""
        self.drift: list[str] = []
        self.looks = 0

    def connect(self, _cluster: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def driver_problem(self, _cluster: str, _driver: str) -> str:
        return self.problem

    def look(self, _run: object) -> dict[str, Any]:
        self.looks += 1
        return {"lines": list(self.drift), "unsure": []}


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    clusters = Ports()
    monkeypatch.setattr(source_drift, "look", clusters.look)
    monkeypatch.setattr(decide_step, "discover", lambda _kube: None)
    return clusters


def test_with_an_approval_a_healthy_target_and_an_unchanged_source_it_may_begin(
    project: ProjectMigrations, ports: Ports
) -> None:
    run, played = project.run("m1", ports=ports, decisions=Approvers())
    assert decide(run) is None and str(run.position.step) == "decide"
    assert quiesce.begin(run) is None and str(run.position.step) == "quiesce"
    assert run.position.finished == ["cut-over approved by bo"] and ports.looks == 1
    assert not played.told.changes, "the card of the approval says it already"


def test_a_source_that_changed_while_it_was_decided_is_told_before_anything_stops(
    project: ProjectMigrations, ports: Ports
) -> None:
    ports.drift = ["ConfigMap shop/settings (changed)"]
    run, _played = project.run("m1", ports=ports, decisions=Approvers())
    drift = decide(run)
    assert drift is not None and drift.what == "1 object of the source changed since the plan was made"
    assert run.position.step is Step.DECIDE and not run.position.finished


def test_an_unhealthy_target_pauses_and_then_the_source_is_compared_once_more(
    project: ProjectMigrations, ports: Ports
) -> None:
    ports.problem = "calico on new: 1 of 3 nodes"
    run, played = project.run("m1", ports=ports, decisions=Approvers())

    def mend() -> None:
        ports.problem, ports.drift = "", ["ConfigMap shop/settings (changed)"]
        project.signal("m1", Signal.RESUME)

    project.clock.meanwhile = [mend]
    drift = decide(run)
    [paused] = pauses(played)
    assert (paused.what, paused.why) == (
        "The new cluster is not fit for the cut-over",
        "calico on new: 1 of 3 nodes",
    )
    assert drift is not None and "ConfigMap shop/settings" in drift.why and ports.looks == 2


def test_a_pause_right_before_the_cut_over_makes_the_comparison_stale(
    project: ProjectMigrations, ports: Ports
) -> None:
    run, _played = project.run("m1", ports=ports, decisions=Approvers())
    assert decide(run) is None
    run.position.pauses += 1
    ports.drift = ["Deployment shop/cart (changed)"]
    drift = quiesce.begin(run)
    assert drift is not None and "Deployment shop/cart" in drift.why
    assert run.position.step is Step.DECIDE, "nothing was stopped"


def test_where_no_approval_is_asked_for_the_thread_says_so(project: ProjectMigrations, ports: Ports) -> None:
    approvers = Approvers()
    approvers.kinds.clear()
    run, played = project.run("m1", ports=ports, decisions=approvers)
    assert decide(run) is None
    [(_name, event)] = played.told.changes
    assert event.said == "cut-over needs no approval here"


def test_a_replica_without_the_key_of_the_plan_says_that_it_cannot_tell() -> None:
    problem = source_drift.problem({"lines": [], "unsure": ["Secret shop/database"]})
    assert problem is not None
    assert problem.what == "I cannot tell whether 1 Secret of the source changed since the plan was made"
    assert "XK8S_AUDIT_KEY is not the same" in problem.why and "Secret shop/database" in problem.why
    assert source_drift.problem({}) is None, "an older version recorded nothing"


def test_approvers_are_shown_what_stops_what_moves_and_the_way_back(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.recorded.target = "u9"
    proposal = propose_cutover(run)
    assert proposal.headline == "Cut over from dev to new"
    assert proposal.consequences[:3] == (
        "migration m1: the copy in new compared equal",
        "1 object stops on dev; their copies on new start",
        "0 Cinder volumes move from dev to new",
    )
    assert "`/xk8s migrate rollback m1`" in proposal.consequences[-1]
    assert proposal.bound == {"migration": "m1", "target": "u9", "plan": run.plan.bound()}
