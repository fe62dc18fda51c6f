"""What a person may want of a migration at each step, and how the id of one is found again."""

from __future__ import annotations

import pytest

from bot.access.approvals import ID_LETTERS
from bot.migration.service import migration_id
from bot.migration.workflow.signals import Signal, available_signals, signal_refusal
from bot.migration.workflow.step import ORDER, Step, is_past_cutover, is_past_traffic_switch


@pytest.mark.parametrize("step", [step for step in ORDER if not is_past_cutover(step)])
def test_before_the_source_is_touched_a_migration_can_be_given_up(step: Step) -> None:
    assert available_signals(step, paused=False, back=False) == (Signal.PAUSE, Signal.CANCEL)
    assert available_signals(step, paused=True, back=False) == (Signal.RESUME, Signal.CANCEL)
    assert not signal_refusal(Signal.ROLLBACK, step, paused=False, back=False)


@pytest.mark.parametrize(
    "step", [step for step in ORDER if is_past_cutover(step) and step is not Step.DELETE]
)
def test_afterwards_the_way_back_is_a_roll_back(step: Step) -> None:
    assert available_signals(step, paused=False, back=False) == (Signal.PAUSE, Signal.ROLLBACK)
    assert "roll it back instead" in signal_refusal(Signal.CANCEL, step, paused=False, back=False)


def test_once_the_deletion_has_begun_there_is_no_way_back() -> None:
    assert available_signals(Step.DELETE, paused=False, back=False) == ()
    assert available_signals(Step.DELETE, paused=True, back=False) == (Signal.RESUME,)
    assert "no way back" in signal_refusal(Signal.ROLLBACK, Step.DELETE, paused=True, back=False)


def test_on_the_way_back_nothing_turns_but_a_pause_can_be_ended() -> None:
    for step in ORDER[:-1]:
        assert available_signals(step, paused=False, back=True) == ()
        assert Signal.RESUME in available_signals(step, paused=True, back=True)


def test_what_cannot_be_taken_back_begins_with_the_traffic() -> None:
    assert next(step for step in ORDER if is_past_traffic_switch(step)) is Step.TRAFFIC
    assert next(step for step in ORDER if is_past_cutover(step)) is Step.QUIESCE


def test_an_operation_always_has_the_same_short_id() -> None:
    ids = {migration_id(f"operation-{number}") for number in range(500)}
    assert len(ids) == 500 and migration_id("operation-7") == migration_id("operation-7")
    assert all(
        migration[0] == "m" and len(migration) == 6 and set(migration[1:]) <= set(ID_LETTERS)
        for migration in ids
    )
