"""Starts the bot, or its peer, as a process of its own, with nothing of this one's environment but the
path.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping

READY_WITHIN = 30.0  # seconds


def free_port() -> int:
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(arguments: list[str], *, environment: Mapping[str, str], log: pathlib.Path) -> Iterator[int]:
    """Run `python -m …` until the block ends; yields the process id."""
    inherited = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env={**inherited, **environment}, stdout=output, stderr=output
        )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(condition: Callable[[], bool], *, name: str, seconds: float = READY_WITHIN) -> float:
    """Wait for a condition; return the seconds it took. Raises `TimeoutError`."""
    started = time.perf_counter()
    while not condition():
        if time.perf_counter() - started > seconds:
            raise TimeoutError(f"{name}: not within {seconds:.0f} s")
        time.sleep(0.005)
    return time.perf_counter() - started


def ready(port: int) -> bool:
    """Whether `/readyz` answers 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def listening(port: int) -> bool:
    """Whether a port accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process and its children, in MB (Linux)."""
    total = 0
    for process in [pid, *_children(pid)]:
        with contextlib.suppress(FileNotFoundError):
            pages = int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1])
            total += pages * os.sysconf("SC_PAGE_SIZE")
    return total / 1e6


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(FileNotFoundError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                children += [int(child), *_children(int(child))]
    return children
