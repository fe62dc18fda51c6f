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


def answers(bot_office: Office, words: list[str]) -> tuple[Counter[str], list[str]]:
    """How often each command was answered, and roots that never came to their end."""
    roots = [
        message
        for message in bot_office.workspace.messages
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
    with office(tmp_path, "socket") as bot_office:
        names = [f"crash-{number}" for number in range(KILLS)]
        for name in names:
            bot_office.until(lambda: bot_office.sandbox.sockets.connections)
            delivery = bot_office.sandbox.loopback.run(
                bot_office.workspace.command(
                    "U0ANA", "C0SHOP", f"/xk8s template create flannel --name {name}"
                )
            )
            assert delivery.acknowledged
            time.sleep(chance.uniform(0.0, 0.25))
            bot_office.bot.kill()
            bot_office.bot.start()
        bot_office.until(
            lambda: answers(bot_office, names)[0].total() >= KILLS and not answers(bot_office, names)[1], 40
        )
        ended, open_roots = answers(bot_office, names)
        created = Counter(template["name"] for template in bot_office.sandbox.cloud.templates.values())
        assert ended == Counter(names) and not open_roots
        assert {name: created[name] for name in names} == dict.fromkeys(names, 1), bot_office.bot.log()
        log = bot_office.bot.run("run", "audit --action template.create")
        assert "UNKNOWN" not in log.stdout.upper()


@pytest.mark.reliability
def test_a_bot_that_is_told_to_stop_finishes_what_it_is_doing(tmp_path: pathlib.Path) -> None:
    with office(tmp_path, "socket") as bot_office:
        bot_office.sandbox.loopback.run(
            bot_office.workspace.command("U0ANA", "C0SHOP", "/xk8s verify calico prod-eu")
        )
        assert bot_office.bot.stop() == 0
        assert "healthy, 3 of 3 nodes" in "\n".join(
            "\n".join(plain_text.lines(message.blocks)) for message in bot_office.workspace.messages
        )
        bot_office.bot.start()
