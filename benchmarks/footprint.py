"""How soon the bot is ready, and how much memory it takes: then, and after 50 verifications."""

from __future__ import annotations

import pathlib
import statistics

from benchmarks import bot, processes
from benchmarks.figures import Line
from sandbox.sandbox import InitialCluster, Sandbox

READY_SECONDS, READY_MEGABYTES, WORKED_MEGABYTES = 2.0, 150.0, 200.0
STARTS, VERIFICATIONS = 5, 50


def measure(folder: pathlib.Path) -> list[Line]:
    """Start on an empty SQLite database, five times; then let the last one work."""
    clusters = (InitialCluster(name="prod-eu", driver="calico", nodes=9, masters=3),)
    seconds: list[float] = []
    with bot.sandbox(clusters) as sandbox:
        for number in range(STARTS):
            home = folder / str(number)
            admin = processes.free_port()
            environment = {**sandbox.write(home), "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
            with processes.running(
                ["bot.cli", "serve"], environment=environment, log=home / "bot.log"
            ) as pid:
                seconds.append(processes.wait_until(lambda at=admin: processes.ready(at), name="xk8s serve"))  # type: ignore[misc]
                ready = processes.resident_megabytes(pid)
                if number == STARTS - 1:
                    _verify(sandbox)
                    worked = processes.resident_megabytes(pid)
    median = statistics.median(seconds)
    return [
        Line(
            title="exec to /readyz 200, median of 5",
            figure=f"{median:.2f} s",
            bound=f"under {READY_SECONDS} s",
            bound_kept=median < READY_SECONDS,
        ),
        Line(
            title="resident memory then",
            figure=f"{ready:.0f} MB",
            bound=f"under {READY_MEGABYTES:.0f} MB",
            bound_kept=ready < READY_MEGABYTES,
        ),
        Line(
            title=f"resident memory after {VERIFICATIONS} verifications",
            figure=f"{worked:.0f} MB",
            bound=f"under {WORKED_MEGABYTES:.0f} MB",
            bound_kept=worked < WORKED_MEGABYTES,
        ),
    ]


def _verify(sandbox: Sandbox) -> None:
    for _ in range(VERIFICATIONS):
        sandbox.loopback.run(sandbox.workspace.command("U0ANA", "C0SHOP", "/xk8s verify calico prod-eu"))

    def answered() -> bool:
        return (
            sum("12 of 12 nodes" in str(message.blocks) for message in sandbox.workspace.messages)
            >= VERIFICATIONS
        )

    sandbox.loopback.run(sandbox.workspace.until(answered, 120), 125)
