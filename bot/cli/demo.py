"""`xk8s demo`: the sandbox, the bot as a process of its own, and a short tour, printed as a transcript.

The bot is started with `xk8s serve` and an environment, as anywhere else; it does not know where it is.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click

from bot.cli import tour
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import Sandbox

READY_SECONDS = 30.0
TIMINGS = Timings(start=0.3)  # quick: somebody watches


def run(*, port: int, headless: bool) -> int:
    """Play the tour, and keep everything up for the browser unless `headless`. Return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the bot ends with it, as with Ctrl-C
    sandbox = Sandbox(timings=TIMINGS)
    try:
        sandbox.start(port=0 if headless else port)
    except OSError as error:
        click.echo(
            f"xk8s: the port {port} cannot be used: {error}\nTake another: make demo ARGS='--port 8081'",
            err=True,
        )
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="xk8s-demo-") as folder, _bot(sandbox, Path(folder)) as bot:
            click.echo(
                f"\nThe workspace is at {sandbox.slack_url}   (the bot is process {bot.pid}, its data in"
                f" {folder})\n"
            )
            as_expected = tour.play(sandbox)
            if headless:
                return 0 if as_expected else 1
            _wait_for_interrupt(sandbox, bot)
            return 0
    except TimeoutError as error:
        click.echo(f"xk8s: {error}", err=True)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        sandbox.stop()


@contextlib.contextmanager
def _bot(sandbox: Sandbox, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `xk8s serve` against the sandbox until the block ends."""
    admin = _free_port()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "XK8S_", "OS_"))
    }
    environment = {**inherited, **sandbox.write(folder), "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
    with (folder / "bot.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"], env=environment, stdout=log, stderr=log
        )
        try:
            _wait_until_ready(process, admin, folder / "bot.log")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], admin: int, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise TimeoutError(f"the bot ended at its start:\n{log.read_text()[-2000:]}")
        if _ready(admin):
            return
        time.sleep(0.02)
    raise TimeoutError(f"the bot was not ready within {READY_SECONDS:.0f} s:\n{log.read_text()[-2000:]}")


def _ready(admin: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_interrupt(sandbox: Sandbox, bot: subprocess.Popen[bytes]) -> None:
    click.echo(f"Open {sandbox.slack_url} and type there, or try:  /xk8s help   (Ctrl-C ends everything)")
    with contextlib.suppress(KeyboardInterrupt):
        while bot.poll() is None:
            time.sleep(0.5)
        click.echo("the bot has ended", err=True)
