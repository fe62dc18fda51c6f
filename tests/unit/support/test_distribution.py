"""A run of the tests survives tests that hang and tests that take their worker down, and comes to its end."""

from __future__ import annotations

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PLUGINS = (  # no others, which would only take their time to start
    *("-p", "xdist", "-p", "pytest_timeout"),
    *("-p", "tests.support.distribution", "-p", "tests.support.time_limits"),
)

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Where small suites are run with our plugins, in processes of their own."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


def failed(result: pytest.RunResult) -> list[str]:
    """The names of the tests in the summary of failures."""
    lines = [line for line in result.outlines if line.startswith("FAILED ")]
    return sorted(line.split("::")[1].split(" ")[0] for line in lines)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_test_that_takes_its_worker_down_fails_and_the_others_pass(
    run: pytest.Pytester, workers: int
) -> None:
    run.makepyfile(
        test_a="import os\n"
        "def test_first(): pass\n"
        "def test_that_dies(): os._exit(1)\n"
        "def test_third(): pass\n"
        "def test_fourth(): pass\n",
        test_b="def test_other(): pass\n",
    )
    result = run.runpytest_subprocess(*PLUGINS, "-n", str(workers), "-p", "no:cacheprovider", timeout=60)
    result.assert_outcomes(passed=4, failed=1)
    assert failed(result) == ["test_that_dies"]


@pytest.mark.parametrize("position", ["first", "last"])
def test_a_single_test_that_is_left_is_run_by_the_replacement(run: pytest.Pytester, position: str) -> None:
    dies, passes = "def test_that_dies():\n    import os; os._exit(1)\n", "def test_passes(): pass\n"
    run.makepyfile(test_a=dies + passes if position == "first" else passes + dies)
    result = run.runpytest_subprocess(*PLUGINS, "-n", "2", "-p", "no:cacheprovider", timeout=60)
    result.assert_outcomes(passed=1, failed=1)


def test_a_test_that_takes_too_long_fails_by_its_name_and_its_worker_goes_on(run: pytest.Pytester) -> None:
    run.makepyfile(
        test_slow="import threading, os\n"
        "WORKER = os.getpid()\n"
        "def test_that_waits(): threading.Event().wait()\n"
        "def test_in_the_same_worker(): assert os.getpid() == WORKER\n"
    )
    result = run.runpytest_subprocess(
        *PLUGINS,
        "-n",
        "1",
        "-o",
        "timeout=1",
        "-o",
        "timeout_method=signal",
        "-p",
        "no:cacheprovider",
        timeout=60,
    )
    result.assert_outcomes(passed=1, failed=1)
    assert failed(result) == ["test_that_waits"] and "replacing crashed worker" not in result.stdout.str()


def test_a_test_that_hears_no_alarm_is_ended_with_its_worker_and_the_run_goes_on(
    run: pytest.Pytester,
) -> None:
    run.makepyfile(
        test_deaf="import signal, time\n"
        "def test_that_hears_nothing():\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})\n"
        "    time.sleep(60)\n"
        "def test_after_it(): pass\n"
    )
    result = run.runpytest_subprocess(
        *PLUGINS,
        "-n",
        "1",
        "-o",
        "timeout=2",
        "-o",
        "timeout_method=signal",
        "-p",
        "no:cacheprovider",
        timeout=60,
    )
    result.assert_outcomes(passed=1, failed=1)
    assert failed(result) == ["test_that_hears_nothing"]
    assert "test_deaf.py" in result.stderr.str(), "where it stood is printed"


def test_the_whole_run_has_a_limit(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XK8S_TEST_RUN_MINUTES", "0.05")
    run.makepyfile(test_long="import time\ndef test_long(): time.sleep(60)\n")
    result = run.runpytest_subprocess(*PLUGINS, "-n", "1", "-p", "no:cacheprovider", timeout=60)
    assert result.ret == 3 and "took longer than 0.05 minutes" in result.stderr.str()


def test_the_files_that_are_handed_out_test_by_test_exist() -> None:
    from tests.support.distribution import TEST_BY_TEST

    for prefix in TEST_BY_TEST:
        folder, _, name = prefix.rpartition("/")
        assert list((ROOT / folder).glob(f"{name}*.py")), prefix
