"""kill -9 between the acknowledgement and the answer: every command is answered after the restart, none
twice.
"""

from __future__ import annotations

import pathlib
import random
import time
from collections import Counter

import pytest

from bot.slack import plain_text
from tests.e2e.conftest import Office, office

KILLS = 8  # `make bench` does it 50 times


def answers(here: Office, words: list[str]) -> tuple[Counter[str], list[str]]:
    """How often each command was answered, and roots that never came to their end."""
    roots = [
        message
        for message in here.workspace.messages
        if not message.thread and not message.only_for and message.blocks
    ]
    lines = ["\n".join(plain_text.lines(message.blocks)) for message in roots]
    ended = Counter(word for word in words for line in lines if word in line and not line.startswith("⏳"))
    return ended, [line for line in lines if line.startswith("⏳")]


@pytest.mark.reliability
@pytest.mark.timeout(240)
def test_every_command_is_answered_once_though_the_bot_is_killed_again_and_again(
    tmp_path: pathlib.Path,
) -> None:
    chance = random.Random(7)
    with office(tmp_path, "socket") as here:
        names = [f"crash-{number}" for number in range(KILLS)]
        for name in names:
            here.until(lambda: here.sandbox.sockets.connections)
            delivery = here.sandbox.loopback.run(
                here.workspace.command("U0ANA", "C0SHOP", f"/xk8s template create flannel --name {name}")
            )
            assert delivery.acknowledged
            time.sleep(chance.uniform(0.0, 0.25))
            here.bot.kill()
            here.bot.start()
        here.until(lambda: answers(here, names)[0].total() >= KILLS and not answers(here, names)[1], 40)
        ended, open_roots = answers(here, names)
        made = Counter(found["name"] for found in here.sandbox.cloud.templates.values())
        assert ended == Counter(names) and not open_roots
        assert {name: made[name] for name in names} == dict.fromkeys(names, 1), here.bot.log()
        log = here.bot.run("run", "audit --action template.create")
        assert "UNKNOWN" not in log.stdout.upper()


@pytest.mark.reliability
def test_a_bot_that_is_told_to_stop_finishes_what_it_is_doing(tmp_path: pathlib.Path) -> None:
    with office(tmp_path, "socket") as here:
        here.sandbox.loopback.run(here.workspace.command("U0ANA", "C0SHOP", "/xk8s verify calico prod-eu"))
        assert here.bot.stop() == 0
        assert "healthy, 3 of 3 nodes" in "\n".join(
            "\n".join(plain_text.lines(message.blocks)) for message in here.workspace.messages
        )
        here.bot.start()
