"""What the tests of the workflow share: a project with some migrations."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from tests.unit.migration.workflow.project_migrations import ProjectMigrations, project_migrations


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Iterator[ProjectMigrations]:
    with project_migrations(tmp_path) as migrations:
        yield migrations
