"""The bot as a process against a sandbox, for benchmarks."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

from benchmarks import processes
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import InitialCluster, Sandbox


@contextlib.contextmanager
def sandbox(clusters: tuple[InitialCluster, ...], **options: Any) -> Iterator[Sandbox]:
    """A sandbox without rate limits."""
    new_sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        seconds_to_build=0.1,
        clusters=clusters,
        rate_limits=False,
        **options,
    )
    new_sandbox.start()
    try:
        yield new_sandbox
    finally:
        new_sandbox.stop()


@contextlib.contextmanager
def serving(sandbox: Sandbox, folder: pathlib.Path, *, admin: int) -> Iterator[int]:
    """`xk8s serve` in Socket Mode, ready; yields the process id."""
    environment = {**sandbox.write(folder), "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
    with processes.running(["bot.cli", "serve"], environment=environment, log=folder / "bot.log") as pid:
        processes.wait_until(lambda: processes.ready(admin), name="xk8s serve")
        yield pid
