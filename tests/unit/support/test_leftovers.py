"""Whatever ends a run of the tests, the processes and files that it made end with it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.support.leftovers import MARK, marked

T = TypeVar("T")
ROOT = pathlib.Path(__file__).parents[3]
TEST = """
import os, pathlib, subprocess, sys, tempfile, time

def test_that_leaves_a_process_and_a_file():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    pathlib.Path({notes!r}).write_text(f"{{os.environ[{mark!r}]}} {{child.pid}} {{tempfile.mkdtemp()}}")
    {ending}
"""

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(not os.path.isdir("/proc"), reason="what belongs to a run is told by /proc"),
]


def kill_run(run: subprocess.Popen[bytes]) -> None:
    run.kill()


def interrupt(run: subprocess.Popen[bytes]) -> None:
    run.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("ending", "end"),
    [
        pytest.param("pass", None, id="passed"),
        pytest.param("assert False", None, id="failed"),
        pytest.param("os._exit(1)", None, id="worker-died"),
        pytest.param("time.sleep(60)", interrupt, id="interrupted"),
        pytest.param("time.sleep(60)", kill_run, id="killed"),
    ],
)
def test_a_process_that_a_test_started_does_not_outlive_the_run(
    tmp_path: pathlib.Path, ending: str, end: Callable[[subprocess.Popen[bytes]], None] | None
) -> None:
    notes = tmp_path / "notes"
    (tmp_path / "test_it.py").write_text(TEST.format(notes=str(notes), mark=MARK, ending=ending))
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    environment |= {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "TMPDIR": str(tmp_path)}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # other plug-ins would only take their time to start
    command = [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-n1", "-p", "no:cacheprovider"]
    with subprocess.Popen(
        [*command, "-p", "tests.support.leftovers", str(tmp_path / "test_it.py")],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    ) as run:
        wait_for(notes.exists)
        mark, pid, folder = wait_for(lambda: notes.read_text().split())
        assert int(pid) in marked(mark) or end is None
        if end is not None:
            end(run)
    wait_for(lambda: not marked(mark))
    wait_for(lambda: not os.path.exists(folder))


def wait_for(look: Callable[[], T]) -> T:
    """Look until there is something to see."""
    end = time.monotonic() + 30
    while not (observation := look()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return observation
