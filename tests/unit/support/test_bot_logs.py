"""A test that fails shows what its bots have logged; one that passes shows nothing of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = """
from tests.support import bot_logs


def start(folder):
    log = folder / "bot.log"
    log.write_text("begin " + "x" * 5_000 + " the cause")
    bot_logs.watch(log)


def test_fails(tmp_path):
    start(tmp_path)
    assert False


def test_passes(tmp_path):
    start(tmp_path)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(TESTS)
    return pytester


def test_a_failure_shows_the_end_of_the_logs(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess("-p", "tests.support.bot_logs", "-q", "-k", "fails")
    result.stdout.fnmatch_lines(["*log of the bot in test_fails*", "*the cause*"])
    result.stdout.no_fnmatch_line("*begin*")


def test_a_success_shows_nothing(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess("-p", "tests.support.bot_logs", "-q", "-k", "passes")
    result.stdout.no_fnmatch_line("*log of the bot*")
    result.assert_outcomes(passed=1)
