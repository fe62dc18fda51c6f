"""Fifty pieces of durable work at once under Slack's limits: nothing refused, nothing old, new states at
once.
"""

from __future__ import annotations

import pathlib
import re
import time
from typing import Any

from benchmarks import processes
from benchmarks.figures import Line
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import Sandbox
from sandbox.slack.errors import SlackError

WORKS, SECONDS, COMPLETED = 50, 240.0, 5
OLDEST_SECONDS, VISIBLE_SECONDS = 90.0, 5.0
POLL_SECONDS = 5.0  # how often the bot looks at a cluster that is being built
AS_OF = re.compile(r"as of <!date\^(\d+)\^")


class Watch:
    """What somebody sees who looks every second."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.refused = {"chat.update": 0, "chat.postMessage": 0}
        self.oldest = 0.0
        self.shown = 0
        count = sandbox.api.limits.count

        def counted(method: str, channel: str) -> None:
            try:
                count(method, channel)
            except SlackError:
                self.refused[method] = self.refused.get(method, 0) + 1
                raise

        sandbox.api.limits.count = counted  # type: ignore[method-assign]

    def look(self) -> None:
        """How old is each message that follows work?"""
        ages = [
            time.time() - timestamp
            for message in self._sandbox.workspace.messages
            if (timestamp := _as_of(message))
        ]
        self.shown = len(ages)
        self.oldest = max([self.oldest, *ages])


def measure(folder: pathlib.Path) -> list[Line]:
    """Fifty clusters that are never complete, then a few that are."""
    sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0), seconds_to_build=1e6, clusters=(), rate_limits=True
    )
    sandbox.start()
    sandbox.cloud.inventory.most_clusters = 200
    try:
        admin = processes.free_port()
        environment = {**sandbox.write(folder), "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
        with pathlib.Path(environment["XK8S_CONFIG"]).open("a") as file:
            file.write(f"operations: {{per_project: {WORKS}}}\n")
        with processes.running(["bot.cli", "serve"], environment=environment, log=folder / "bot.log"):
            processes.wait_until(lambda: processes.ready(admin), name="xk8s serve")
            return _watched(sandbox)
    finally:
        sandbox.stop()


def _watched(sandbox: Sandbox) -> list[Line]:
    watch = Watch(sandbox)
    sandbox.loopback.run(
        sandbox.workspace.command("U0ANA", "C0SHOP", "/xk8s template create flannel --name many")
    )
    sandbox.loopback.run(sandbox.workspace.until(lambda: sandbox.cloud.templates, 20), 25)
    for number in range(WORKS):
        words = f"/xk8s cluster create many-{number} --template many"
        sandbox.loopback.run(
            sandbox.workspace.command("U0ANA", "C0SHOPDEV" if number % 2 else "C0SHOP", words)
        )
        time.sleep(0.5)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(1.0)
        watch.look()
    visible = max(_visible(sandbox, number) for number in range(COMPLETED))
    refused = watch.refused["chat.update"]
    return [
        Line(
            title=f"chat.update refused (429), {WORKS} works at once",
            figure=str(refused),
            bound="none",
            bound_kept=not refused,
        ),
        Line(
            title="messages that follow work",
            figure=str(watch.shown),
            bound=str(WORKS),
            bound_kept=watch.shown == WORKS,
        ),
        Line(
            title="the oldest of them",
            figure=f"{watch.oldest:.0f} s",
            bound=f"{OLDEST_SECONDS:.0f} s",
            bound_kept=watch.oldest <= OLDEST_SECONDS,
        ),
        Line(
            title="a new state is visible after",
            figure=f"{visible:.1f} s",
            bound_kept=visible <= VISIBLE_SECONDS,
            bound=f"{VISIBLE_SECONDS:.0f} s after the bot has looked, every {POLL_SECONDS:.0f} s",
        ),
    ]


def _visible(sandbox: Sandbox, number: int) -> float:
    """How long it takes until everybody sees that a cluster is complete, beyond the look that finds it."""
    name = f"many-{number}"
    cluster = next(cluster for cluster in sandbox.cloud.clusters.values() if cluster["name"] == name)
    sandbox.loopback.run(sandbox.cloud.build_now(cluster), 30)
    begun = time.monotonic()

    def said_in_thread() -> bool:
        return any(
            f"*{name}* is built" in str(message.blocks) and message.thread
            for message in sandbox.workspace.messages
        )

    sandbox.loopback.run(sandbox.workspace.until(said_in_thread, 60), 65)
    return max(0.0, time.monotonic() - begun - POLL_SECONDS)


def _as_of(message: Any) -> int | None:
    if not message.thread:
        return None
    match = AS_OF.search(str(message.blocks))
    return int(match[1]) if match else None
