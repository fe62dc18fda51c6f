"""The demo leaves nothing behind."""

from __future__ import annotations

import pathlib
import re
import signal
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(120)]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_ended_takes_its_bot_with_it(sign: signal.Signals) -> None:
    command = [sys.executable, "-m", "bot.cli", "demo", "--headless"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        assert demo.stdout is not None
        pid_match = next(
            match for line in demo.stdout if (match := re.search(r"the bot is process (\d+)", line))
        )
        bot = pathlib.Path("/proc") / pid_match[1]
        assert bot.exists()
        demo.send_signal(sign)
        demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert not bot.exists()
