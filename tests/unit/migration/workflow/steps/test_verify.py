"""The driver of the new cluster is verified before anything is copied into it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from bot.migration.workflow.signals import Signal
from bot.migration.workflow.steps.verify import verify
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, pauses, results


def test_a_driver_is_verified_until_it_is_healthy(project: ProjectMigrations) -> None:
    problems = ["calico on new: 1 of 3 nodes", "calico on new: 2 of 3 nodes", ""]
    ports = SimpleNamespace(driver_problem=lambda _cluster, _driver: problems.pop(0))
    run, played = project.run("m1", ports=ports)
    verify(run, timedelta(minutes=10))
    assert results(played) == ["calico on new is healthy"] and not problems


def test_a_driver_that_never_becomes_healthy_pauses_with_how_to_look_at_it(
    project: ProjectMigrations,
) -> None:
    problem = "calico on new: 1 of 3 nodes"
    ports = SimpleNamespace(driver_problem=lambda _cluster, _driver: problem)
    run, played = project.run("m1", ports=ports)

    def mend() -> None:
        nonlocal problem
        if run.position.pauses:
            problem = ""
            project.signal("m1", Signal.RESUME)
        else:
            project.clock.meanwhile.append(mend)

    project.clock.meanwhile = [mend]
    verify(run, timedelta(minutes=1))
    [paused] = pauses(played)
    assert paused.what == "1 did not become healthy (calico on new) within 1 min"
    assert paused.fix == "See `/xk8s verify calico new`, then resume: I look again."
