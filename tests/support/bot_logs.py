"""The logs of bots in the report of a test that failed: what the process says is where the cause stands."""

from __future__ import annotations

import pathlib
from collections.abc import Generator

import pytest

LAST_CHARACTERS = 4_000
NEWEST = 3  # bots

_paths: list[pathlib.Path] = []  # the logs of bots that this test process has started


def watch(path: pathlib.Path) -> None:
    """Remember the log of a bot that is started."""
    if path not in _paths:
        _paths.append(path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the end of each log that is still there to the report of a failure."""
    report = yield
    if report.failed:
        for path in _paths[-NEWEST:]:
            if path.exists():
                text = path.read_text(errors="replace")[-LAST_CHARACTERS:]
                report.sections.append((f"log of the bot in {path.parent.name}", text))
    return report
