"""The new cluster serves for a while before the deletion of the old one is asked for."""

from __future__ import annotations

from datetime import timedelta

from bot.migration.workflow.steps.soak import soak
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, results


def test_the_new_cluster_serves_for_as_long_as_was_said(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    waits: list[str] = []
    project.clock.meanwhile = [lambda: waits.append(project.waits("m1"))]
    soak(run, timedelta(hours=1))
    assert project.clock.now - run.position.since >= timedelta(hours=1)
    assert waits == [f"serves until {run.position.since + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"]
    assert run.position.finished == ["the new cluster has served for 1 h"]
    assert not results(played), "the request for the deletion is the next message"
