"""Which signals a migration can follow at each step, and that each is heard once."""

from __future__ import annotations

import pytest

from bot.migration.workflow.signals import Signal, available_signals, signal_refusal
from bot.migration.workflow.step import ORDER, Step, is_past_cutover
from tests.unit.migration.workflow.project_migrations import ProjectMigrations


@pytest.mark.parametrize("step", [step for step in ORDER if not is_past_cutover(step)])
def test_before_the_source_is_touched_a_migration_can_be_given_up(step: Step) -> None:
    assert available_signals(step, paused=False, rolling_back=False) == (Signal.PAUSE, Signal.CANCEL)
    assert available_signals(step, paused=True, rolling_back=False) == (Signal.RESUME, Signal.CANCEL)
    assert not signal_refusal(Signal.ROLLBACK, step, paused=False, rolling_back=False)


@pytest.mark.parametrize(
    "step", [step for step in ORDER if is_past_cutover(step) and step is not Step.DELETE]
)
def test_afterwards_the_way_back_is_a_roll_back(step: Step) -> None:
    assert available_signals(step, paused=False, rolling_back=False) == (Signal.PAUSE, Signal.ROLLBACK)
    assert "roll it back instead" in signal_refusal(Signal.CANCEL, step, paused=False, rolling_back=False)


def test_once_the_deletion_has_begun_there_is_no_way_back() -> None:
    assert available_signals(Step.DELETE, paused=False, rolling_back=False) == ()
    assert available_signals(Step.DELETE, paused=True, rolling_back=False) == (Signal.RESUME,)
    assert "no way back" in signal_refusal(Signal.ROLLBACK, Step.DELETE, paused=True, rolling_back=False)


def test_on_the_way_back_nothing_turns_but_a_pause_can_be_ended() -> None:
    for step in ORDER[:-1]:
        assert available_signals(step, paused=False, rolling_back=True) == ()
        assert Signal.RESUME in available_signals(step, paused=True, rolling_back=True)


def test_a_signal_is_pending_until_it_was_accepted_and_a_newer_one_after_it(
    project: ProjectMigrations,
) -> None:
    run, _played = project.run("m1")
    assert run.signals.pending() is None
    project.signal("m1", Signal.PAUSE)
    record = run.signals.pending()
    assert record == {"wanted": "pause", "number": 1, "by": "ana"}
    assert run.signals.accept(record) is Signal.PAUSE
    assert run.signals.pending() is None
    project.signal("m1", Signal.RESUME)
    assert run.signals.pending() == {"wanted": "resume", "number": 2, "by": "ana"}


def test_what_is_refused_depends_on_the_step_and_on_a_pause(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    assert run.signals.is_refused(Signal.RESUME) and not run.signals.is_refused(Signal.RESUME, paused=True)
    run.position.step = Step.QUIESCE
    assert run.signals.is_refused(Signal.CANCEL) and not run.signals.is_refused(Signal.ROLLBACK)
    run.position.rolling_back = True
    assert run.signals.is_refused(Signal.ROLLBACK) and not run.signals.is_refused(Signal.RESUME, paused=True)
