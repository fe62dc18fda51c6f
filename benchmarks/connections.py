"""How soon a lost connection to Slack is back."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable

from benchmarks import bot, processes
from benchmarks.figures import Line
from sandbox.sandbox import Sandbox

LOST_SECONDS, SILENT_SECONDS = 2.0, 10.0


def measure(folder: pathlib.Path) -> list[Line]:
    """Cut by FIN, cut by RST, silent; the worst of three each."""
    with bot.sandbox(()) as sandbox:
        admin = processes.free_port()
        with bot.serving(sandbox, folder, admin=admin):
            cuts: list[tuple[str, Callable[[], None], float]] = [
                ("closed without a frame (FIN)", lambda: sandbox.sockets.cut(reset=False), LOST_SECONDS),
                ("reset (RST)", lambda: sandbox.sockets.cut(reset=True), LOST_SECONDS),
                ("silent", sandbox.sockets.go_silent, SILENT_SECONDS),
            ]
            return [_worst(sandbox, loss, cut, bound) for loss, cut, bound in cuts]


def _worst(sandbox: Sandbox, loss: str, cut: Callable[[], None], bound: float) -> Line:
    worst = 0.0
    for _ in range(3):
        sandbox.loopback.run(sandbox.workspace.until(lambda: sandbox.sockets.connections, 20), 25)
        time.sleep(1.0)
        before = set(map(id, sandbox.sockets.connections))
        sandbox.loopback.call(cut)
        started = time.perf_counter()
        sandbox.loopback.run(
            sandbox.workspace.until(lambda: set(map(id, sandbox.sockets.connections)) - before, 30),  # noqa: B023 - used in this turn
            35,
        )
        worst = max(worst, time.perf_counter() - started)
    return Line(
        title=f"connection {loss}, back after",
        figure=f"{worst:.1f} s",
        bound=f"within {bound:.0f} s",
        bound_kept=worst <= bound,
    )
