"""A migration attaches the disks that move, and nothing else."""

from __future__ import annotations

from bot.migration.workflow.steps.volumes import move_volumes
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, results, step_names


def test_a_plan_without_volumes_attaches_nothing(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    move_volumes(run)
    assert results(played) == ["0 volumes moved"]
    assert step_names(played) == ["volumes: begin", "volumes: done"]
