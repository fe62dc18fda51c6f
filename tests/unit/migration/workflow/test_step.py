"""The order of the steps, and what begins at which."""

from __future__ import annotations

from bot.migration.workflow.step import ORDER, Step, is_past_cutover, is_past_traffic_switch


def test_what_cannot_be_taken_back_begins_with_the_traffic() -> None:
    assert next(step for step in ORDER if is_past_traffic_switch(step)) is Step.TRAFFIC
    assert next(step for step in ORDER if is_past_cutover(step)) is Step.QUIESCE


def test_every_step_has_a_label_and_its_place_from_one() -> None:
    assert [step.number for step in ORDER] == list(range(1, 14))
    assert len({step.label for step in ORDER}) == 13 and Step("copy").label == "copy the workloads"
