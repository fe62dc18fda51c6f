"""A migration takes the steps that version 0.1.0 took, so what that version began goes on with this one."""

from __future__ import annotations

import json
import pathlib

import pytest

from bot.adapters.durable.flow import Json
from bot.migration.workflow import retry, step_runner
from tests.contract.migration.conftest import Cloud
from tests.contract.migration.recorded_journeys import SCENARIOS

pytestmark = pytest.mark.timeout(180)
RECORDINGS = pathlib.Path(__file__).parents[2] / "recordings" / "migrations"


def keys(output: Json) -> list[str]:
    """The keys of what a step returned, without its values; of a problem, what it says."""
    value: Json = output.get("value") or output.get("problem") or {}
    result: Json = value.get("done", value)
    return sorted(result)


@pytest.mark.parametrize("name", SCENARIOS)
def test_steps_events_and_history_have_the_names_that_were_recorded(
    cloud: Cloud, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    recording = json.loads((RECORDINGS / f"{name}.json").read_text())
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(step_runner, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(step_runner, "IDLE_SECONDS", 0.1)
    make, prepare = SCENARIOS[name]
    journey = make(cloud, tmp_path)
    prepare(journey)
    end = journey.run()
    assert [(step, keys(output)) for step, output in journey.journal] == [
        (step, keys(output)) for step, output in recording["steps"]
    ]
    assert {name: type(state).__name__ for name, state in journey.events.items()} == recording["events"]
    assert [event["once"] for event in journey.row.history] == recording["history"]
    assert end.outcome == recording["end"]["outcome"]
