"""The workflow of a cluster runs within the flow of a migration: under a prefix, and open to signals."""

from __future__ import annotations

import dataclasses

import pytest

from bot.adapters.durable.flow import Json
from bot.clusters.lifecycle.results import ClusterBuilding, ClusterDeleting
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.sub_flow import SubFlow, SubFlowInterrupted
from tests.unit.clusters.lifecycle.journal_flow import JournalRun
from tests.unit.migration.workflow.project_migrations import ProjectMigrations


def records(played: JournalRun) -> list[tuple[str, Json]]:
    return [(name, output["value"]) for name, output in played.journal.kept.values()]


def test_steps_are_recorded_under_the_prefix_with_the_permit_of_the_migration(
    project: ProjectMigrations,
) -> None:
    run, played = project.run("m1")
    results: list[Json] = []
    flow = SubFlow(migration=run, prefix="deploy", interruptible=True, on_result=results.append)
    assert flow.step("order", lambda: {"id": "u9"}) == {"id": "u9"}
    assert flow.poll("build", lambda: {"id": "u9"}, every=1.0) == {"id": "u9"}
    assert records(played) == [("deploy: order", {"id": "u9"}), ("deploy: build", {"done": {"id": "u9"}})]
    assert results == [{"id": "u9"}] and project.working() == {"m1"}


def test_a_signal_interrupts_it_before_the_next_effect_and_while_it_waits(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    flow = SubFlow(migration=run, prefix="deploy", interruptible=True)
    project.signal("m1", Signal.CANCEL)
    with pytest.raises(SubFlowInterrupted) as interrupted:
        flow.step("order", lambda: pytest.fail("nothing is ordered any more"))
    assert interrupted.value.signal == {"wanted": "cancel", "number": 1, "by": "ana"}
    with pytest.raises(SubFlowInterrupted):
        flow.poll("build", lambda: pytest.fail("nothing is looked at any more"), every=1.0)


def test_what_cannot_be_interrupted_hears_nothing_and_waits_for_no_permit(project: ProjectMigrations) -> None:
    project.work("m2")
    project.work("m3")
    run, played = project.run("m1")
    flow = SubFlow(migration=run, prefix="delete", interruptible=False)
    project.signal("m1", Signal.CANCEL)
    assert flow.step("delete", lambda: {"gone": False}) == {"gone": False}
    assert flow.poll("gone", lambda: {"seconds": 3.0}, every=1.0) == {"seconds": 3.0}
    assert records(played) == [("delete: delete", {"gone": False}), ("delete: gone", {"seconds": 3.0})]


def test_a_repeated_run_is_another_one_so_that_a_lost_order_is_looked_for(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    first = SubFlow(migration=run, prefix="deploy", interruptible=True)
    repeated = SubFlow(migration=run, prefix="deploy", interruptible=True, repeated=True)
    assert first.run == run.flow.run != repeated.run


def test_what_magnum_says_is_shown_as_progress_of_the_migration(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    flow, now = SubFlow(migration=run, prefix="deploy", interruptible=True), project.clock.now
    building = ClusterBuilding(name="new", template="t", nodes=3, masters=1, status="", seconds=1.0, at=now)
    flow.report_progress(building)
    flow.report_progress(dataclasses.replace(building, status="CREATE_IN_PROGRESS"))
    for status in ("CREATE_COMPLETE", "DELETE_IN_PROGRESS"):
        flow.report_progress(
            ClusterDeleting(name="dev", status=status, seconds=1.0, at=now, trouble="silent")
        )
    flow.report_state("built", object())
    details = [(state.detail, state.trouble) for state in played.told.states]
    assert details == [
        ("Magnum says accepted", ""),
        ("Magnum says CREATE_IN_PROGRESS", ""),
        ("Magnum is told to delete it", "silent"),
        ("Magnum says DELETE_IN_PROGRESS", "silent"),
    ]
    assert not played.told.changes
