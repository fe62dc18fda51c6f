"""What version 0.1.0 recorded of migrations is replayed to the same ends, and nothing else is used."""

from __future__ import annotations

import json
import pathlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.adapters.durable.flow import Flow, Json
from bot.adapters.durable.recorded_flow import RecordedFlow
from bot.clusters.lifecycle.provisioner import Provisioner
from bot.migration.workflow.events import MigrationEnded
from bot.migration.workflow.workflow import MigrationWorkflow
from tests.unit.clusters.lifecycle.journal_flow import LIMITS, OPERATION

RECORDINGS = pathlib.Path(__file__).parents[3] / "recordings" / "migrations"


class OutOfReach:
    """Whatever is called fails: a replay may use what was recorded, and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> OutOfReach:
        return OutOfReach(f"{self._name}.{attribute}")

    def __call__(self, *_args: object, **_options: object) -> Any:
        raise AssertionError(f"the replay called {self._name}")


class Replay:
    """Gives each step what was recorded of it, and does nothing."""

    def __init__(self, steps: list[tuple[str, Json]]) -> None:
        self._steps = steps
        self.taken = 0

    def record(self, name: str, _do: Callable[[], Json]) -> Json:
        recorded_name, output = self._steps[self.taken]
        assert name == recorded_name, f"the step {self.taken} was {recorded_name}"
        self.taken += 1
        return output


def delete_cluster(flow: Flow, _cluster: Json) -> object:
    return flow.step("delete", OutOfReach("Magnum"))


def replayed(steps: list[tuple[str, Json]]) -> tuple[MigrationEnded, int]:
    """The end of a migration whose steps are all recorded, and how many of the records it took."""
    outside: Any = OutOfReach
    workflow = MigrationWorkflow(
        register=outside("the register"),
        limiter=outside("the permits"),
        ports=lambda _project, _operation: outside("the project"),
        decisions=outside("the decisions"),
        provisioner=Provisioner(outside("the reservations"), now=outside("the clock")),
        delete_cluster=delete_cluster,
        timeouts=lambda: LIMITS,
        concurrency=outside("the configuration"),
        ready_within=lambda: LIMITS.create,
        retry_within=outside("the configuration"),
        now=outside("the clock"),
    )
    replay = Replay(steps)
    flow = RecordedFlow(
        operation=OPERATION,
        project="shop",
        reporter=outside("the reporter"),
        record=replay.record,
        stopping=threading.Event(),
        owns=outside("the owner"),
    )
    return workflow(flow, {"migration": "m1"}), replay.taken


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDINGS.glob("*.json")))
def test_what_an_earlier_version_recorded_is_replayed_to_the_same_end(name: str) -> None:
    recording = json.loads((RECORDINGS / f"{name}.json").read_text())
    end, steps = replayed(recording["steps"])
    assert TypeAdapter(MigrationEnded).dump_python(end, mode="json") == recording["end"]
    assert steps == len(recording["steps"])
