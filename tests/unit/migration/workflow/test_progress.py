"""What a migration tells: the message in place, events of the thread, and the history."""

from __future__ import annotations

from datetime import timedelta

from bot.migration.workflow.events import MigrationProgress, MigrationStepDone
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from tests.unit.migration.workflow.project_migrations import ProjectMigrations


def test_progress_says_which_migration_which_step_and_since_when(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    run.begin(Step.COPY)
    project.clock.now += timedelta(seconds=90)
    run.progress.show("copying workloads", done=3, total=7)
    [state] = played.told.states
    assert isinstance(state, MigrationProgress)
    assert (state.migration, state.source, state.target, state.route) == (
        "m1",
        "dev",
        "new",
        "flannel → calico",
    )
    assert (state.step, state.detail, state.done, state.total) == (Step.COPY, "copying workloads", 3, 7)
    assert (state.seconds, state.total_seconds) == (90.0, 90.0)
    assert state.choices == (Signal.PAUSE, Signal.CANCEL)


def test_an_update_in_which_only_the_time_has_changed_is_calm(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    for detail in ("looking", "looking", "copying", "copying"):
        project.clock.now += timedelta(seconds=1)
        run.progress.show(detail)
    assert [state.calm for state in played.told.states] == [False, True, False, True]


def test_a_step_that_is_done_is_told_in_the_thread_and_stands_in_the_history_once(
    project: ProjectMigrations,
) -> None:
    run, played = project.run("m1")
    run.begin(Step.DEPLOY)
    project.clock.now += timedelta(seconds=2)
    run.finish("the cluster new is there already", ["a line"])
    [(name, event)] = played.told.changes
    assert name == "1-deploy" and isinstance(event, MigrationStepDone)
    assert (event.said, event.lines, event.seconds) == ("the cluster new is there already", ("a line",), 2.0)
    row = project.register.get("m1")
    assert row is not None
    assert row.history == [
        {
            "what": "done",
            "step": "deploy",
            "said": "the cluster new is there already",
            "seconds": 2.0,
            "at": project.clock.now.isoformat(),
            "once": "done:1",
        }
    ]
    run.progress.note("done:1", {"what": "done"})
    again = project.register.get("m1")
    assert again is not None and again.history == row.history
    assert run.position.finished == ["the cluster new is there already"]


def test_a_step_whose_end_a_card_says_already_is_not_told_again(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    run.begin(Step.DECIDE)
    run.finish("cut-over approved by bo", announced=True)
    row = project.register.get("m1")
    assert not played.told.changes
    assert row is not None and [event["once"] for event in row.history] == ["done:1"]


def test_a_step_that_is_entered_again_has_another_number(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    for _ in range(2):
        run.begin(Step.COPY)
        run.finish("copied")
    assert [name for name, _event in played.told.changes] == ["1-copy", "2-copy"]


def test_a_step_that_something_stands_against_is_not_entered(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.begin(Step.DECIDE)
    assert run.begin(Step.QUIESCE, lambda: {"lines": ["changed"]}) == {"lines": ["changed"]}
    row = project.register.get("m1")
    assert row is not None and row.step == str(run.position.step) == "decide"
    assert run.begin(Step.QUIESCE) is None and str(run.position.step) == "quiesce"


def test_a_check_is_stale_after_a_pause(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.mark_checked()
    stale = [run.check_is_stale]
    run.position.pauses += 1
    stale.append(run.check_is_stale)
    run.mark_checked()
    assert [*stale, run.check_is_stale] == [False, True, False]
