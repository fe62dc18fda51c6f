"""Nothing that a run of the tests starts outlives it, whatever ends the run.

Every process that the tests start inherits an environment variable with the run's own id, and its temporary
files are in the run's own folder. A small watcher process holds the reading end of a pipe whose writing end
is the run's alone: when the run is over (also by kill -9) the pipe closes, and the watcher ends every process
that carries the id and removes the folder.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import pytest

MARK = "XK8S_TEST_RUN"
SECONDS_TO_END = 2.0  # between SIGTERM and SIGKILL


def pytest_configure(config: pytest.Config) -> None:
    """Mark the run and start its watcher, in the process that hands out the tests."""
    if hasattr(config, "workerinput") or MARK in os.environ:
        return
    run = uuid.uuid4().hex
    folder = tempfile.mkdtemp(prefix="xk8s-tests-")
    reading, writing = os.pipe()
    watcher = subprocess.Popen(
        [sys.executable, __file__, run, folder],
        stdin=reading,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != MARK},
    )
    os.close(reading)
    os.environ[MARK] = run
    os.environ["TMPDIR"] = tempfile.tempdir = folder

    def end() -> None:
        os.close(writing)
        watcher.wait()

    config.add_cleanup(end)


def marked(run: str) -> list[int]:
    """The processes that carry a run's id. Where there is no /proc, none can be told."""
    mark = f"{MARK}={run}".encode()
    pids = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                pids.append(int(entry.name))
    return [pid for pid in pids if pid != os.getpid()]


def end_all(run: str) -> None:
    """End the processes of a run: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in marked(run):
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        end = time.monotonic() + SECONDS_TO_END
        while marked(run) and time.monotonic() < end:
            time.sleep(0.05)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_all(sys.argv[1])
    shutil.rmtree(sys.argv[2], ignore_errors=True)
