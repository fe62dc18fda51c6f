"""The command itself: quick to answer, and clear about what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from bot.cli.main import main

HEAVY = ("sqlalchemy", "slack_sdk", "slack_bolt", "kubernetes", "openstack", "dbos", "numpy", "PIL")


def test_help_imports_nothing_that_a_subcommand_needs() -> None:
    script = (
        "import sys\n"
        "from bot.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "loaded []" in run.stdout, run.stdout + run.stderr


def test_every_subcommand_has_a_help() -> None:
    for name in main.commands:
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0 and "Usage:" in result.stdout


@pytest.mark.parametrize("package", ["jinja2", "websockets"])
def test_the_demo_says_which_extra_it_needs(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "xk8s: The demo needs more than the bot",
        f"not installed: {package}",
        "pip install 'xk8s[demo]'",
    ]
