"""The old cluster is deleted once, on evidence that is never older than a pause."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.durable.flow import Flow, Json
from bot.common.problems import Problem
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from bot.migration.workflow.steps import delete as delete_step
from bot.migration.workflow.steps.delete import delete_source
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, pauses, results, step_names


class Deletion:
    """The workflow that deletes a cluster; it fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.deleted: list[Json] = []

    def __call__(self, flow: Flow, cluster: Json) -> object:
        def delete() -> Json:
            if self.failures:
                self.failures -= 1
                raise Problem("Magnum could not delete the cluster dev", why="a port is in use")
            self.deleted.append(cluster)
            return {}

        return flow.step("delete", delete)


@pytest.fixture
def ports() -> Any:
    return SimpleNamespace(connect=lambda _cluster: contextlib.nullcontext(), block_storage=None)


def test_the_source_is_deleted_and_the_volumes_are_handed_over(
    project: ProjectMigrations, ports: Any
) -> None:
    deletion = Deletion()
    run, played = project.run("m1", ports=ports)
    delete_source(run, deletion)
    assert deletion.deleted == [{"id": "u1", "name": "dev"}]
    assert results(played) == ["dev is deleted; 0 volumes have their own reclaim policy again"]
    assert step_names(played) == ["delete: begin", "delete: delete", "hand over", "delete: done"]


def test_a_deletion_that_failed_pauses_and_is_ordered_again(project: ProjectMigrations, ports: Any) -> None:
    deletion = Deletion(failures=1)
    run, played = project.run("m1", ports=ports)
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.RESUME)]
    delete_source(run, deletion)
    [paused] = pauses(played)
    assert paused.why == "a port is in use" and paused.choices == (Signal.RESUME,), "there is no way back"
    assert deletion.deleted == [{"id": "u1", "name": "dev"}]


def test_after_a_pause_everything_is_checked_again_before_the_deletion(
    project: ProjectMigrations, ports: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[str] = []
    monkeypatch.setattr(delete_step, "check_deletion", lambda _run, name: checks.append(name))
    run, _played = project.run("m1", ports=ports)
    run.mark_checked()
    delete_source(run, Deletion())
    assert not checks
    later, _played = project.run("m2", ports=ports)
    later.mark_checked()
    later.position.pauses += 1
    delete_source(later, Deletion())
    assert checks == ["recheck after a pause"] and later.position.step is Step.DELETE
