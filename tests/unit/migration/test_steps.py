"""What a person may want of a migration at each step, and how the id of one is found again."""

from __future__ import annotations

import pytest

from bot.access.approvals import ID_LETTERS
from bot.migration.workflow.steps import ORDER, Step, Word, choices, crossed, switched, why_not
from bot.services.migrations import migration_id


@pytest.mark.parametrize("step", [step for step in ORDER if not crossed(step)])
def test_before_the_source_is_touched_a_migration_can_be_given_up(step: Step) -> None:
    assert choices(step, paused=False, back=False) == (Word.PAUSE, Word.CANCEL)
    assert choices(step, paused=True, back=False) == (Word.RESUME, Word.CANCEL)
    assert not why_not(Word.ROLLBACK, step, paused=False, back=False)


@pytest.mark.parametrize("step", [step for step in ORDER if crossed(step) and step is not Step.DELETE])
def test_afterwards_the_way_back_is_a_roll_back(step: Step) -> None:
    assert choices(step, paused=False, back=False) == (Word.PAUSE, Word.ROLLBACK)
    assert "roll it back instead" in why_not(Word.CANCEL, step, paused=False, back=False)


def test_once_the_deletion_has_begun_there_is_no_way_back() -> None:
    assert choices(Step.DELETE, paused=False, back=False) == ()
    assert choices(Step.DELETE, paused=True, back=False) == (Word.RESUME,)
    assert "no way back" in why_not(Word.ROLLBACK, Step.DELETE, paused=True, back=False)


def test_on_the_way_back_nothing_turns_but_a_pause_can_be_ended() -> None:
    for step in ORDER[:-1]:
        assert choices(step, paused=False, back=True) == ()
        assert Word.RESUME in choices(step, paused=True, back=True)


def test_what_cannot_be_taken_back_begins_with_the_traffic() -> None:
    assert next(step for step in ORDER if switched(step)) is Step.TRAFFIC
    assert next(step for step in ORDER if crossed(step)) is Step.QUIESCE


def test_an_operation_always_has_the_same_short_id() -> None:
    made = {migration_id(f"operation-{number}") for number in range(500)}
    assert len(made) == 500 and migration_id("operation-7") == migration_id("operation-7")
    assert all(each[0] == "m" and len(each) == 6 and set(each[1:]) <= set(ID_LETTERS) for each in made)
