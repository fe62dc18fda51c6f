"""kill -9 between the acknowledgement and the answer, 50 times: every command answered, none twice."""

from __future__ import annotations

import os
import pathlib
import random
import signal
import time
from collections import Counter

from benchmarks import bot, processes
from benchmarks.figures import Line
from bot.slack import plain_text
from sandbox.sandbox import Sandbox

KILLS = 50


def measure(folder: pathlib.Path) -> list[Line]:
    """Type, wait for the acknowledgement, kill at a random moment, start again."""
    chance = random.Random(11)
    names = [f"crash-{number}" for number in range(KILLS)]
    with bot.sandbox(()) as sandbox:
        admin = processes.free_port()
        for name in names:
            with bot.serving(sandbox, folder, admin=admin) as pid:
                sandbox.loopback.run(sandbox.workspace.until(lambda: sandbox.sockets.connections, 20), 25)
                sandbox.loopback.run(
                    sandbox.workspace.command(
                        "U0ANA", "C0SHOP", f"/xk8s template create flannel --name {name}"
                    )
                )
                time.sleep(chance.uniform(0.0, 0.4))
                os.kill(pid, signal.SIGKILL)
        with bot.serving(sandbox, folder, admin=admin):
            sandbox.loopback.run(
                sandbox.workspace.until(lambda: _ended(sandbox, names).total() >= KILLS, 90), 95
            )
            time.sleep(2.0)  # a second answer would come now
            ended = _ended(sandbox, names)
    templates = Counter(template["name"] for template in sandbox.cloud.templates.values())
    once = sum(ended[name] == 1 for name in names)
    single = sum(templates[name] == 1 for name in names)
    return [
        Line(
            title="commands answered exactly once",
            figure=f"{once} of {KILLS}",
            bound="all",
            bound_kept=once == KILLS,
        ),
        Line(
            title="templates made exactly once",
            figure=f"{single} of {KILLS}",
            bound="all",
            bound_kept=single == KILLS,
        ),
    ]


def _ended(sandbox: Sandbox, names: list[str]) -> Counter[str]:
    roots = [message for message in sandbox.workspace.messages if not message.thread and message.blocks]
    lines = ["\n".join(plain_text.lines(message.blocks)) for message in roots]
    return Counter(
        name for name in names for line in lines if f"{name} " in line and not line.startswith("⏳")
    )
