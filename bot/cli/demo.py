"""`xk8s demo`: the sandbox, the bot as a process of its own, and a short tour that is read like a transcript.

The bot is started with `xk8s serve` and an environment, as anywhere else; it does not know where it is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from bot.sandbox.slack.workspace import Message
from bot.sandbox.world import World
from bot.slack import plain

READY_SECONDS = 30.0
ANSWER_SECONDS = 30.0
ANA, BO, SHOP = "U0ANA", "U0BO", "C0SHOP"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that somebody does on the tour, and what the answer must say."""

    intro: str
    who: str
    words: str
    expect: tuple[str, ...]
    before: Callable[[World], None] = lambda _world: None


def run(*, port: int, headless: bool) -> int:
    """Play the tour; headless ends after it, otherwise everything stays up for the browser."""
    world = World()
    try:
        world.start(port=0 if headless else port)
    except OSError as error:
        click.echo(
            f"xk8s: the port {port} cannot be used: {error}\nTake another: make demo ARGS='--port 8081'", err=True
        )
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="xk8s-demo-") as folder, _bot(world, Path(folder)) as bot:
            click.echo(
                f"\nThe workspace is at {world.slack_url}   (the bot is process {bot.pid}, its data in {folder})\n"
            )
            good = play(world)
            if headless:
                return 0 if good else 1
            _stay(world, bot)
            return 0
    except TimeoutError as error:
        click.echo(f"xk8s: {error}", err=True)
        return 1
    finally:
        world.stop()


@contextlib.contextmanager
def _bot(world: World, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `xk8s serve` against the sandbox until the block ends."""
    admin = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "XK8S_", "OS_"))}
    environment = {**kept, **world.write(folder), "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
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


def _close_port_179(world: World) -> None:
    switches = world.switches["staging-eu"]
    node = list(switches.cluster.fabric.machines)[2]  # some peers still reach it, so it stays Ready
    world.loopback.run(switches.switch("bgp-port", True, node))
    world.loopback.run(switches.cluster.settled())


TOUR: Sequence[Step] = (
    Step(
        intro="Ana needs a cluster template for trying things.", who=ANA, words="template create flannel",
        expect=("k8s-v1.29.5-flannel", "created in shop", "For development and test", "enforces no NetworkPolicy"),
    ),
    Step(
        intro="Is Calico healthy in production?", who=ANA, words="verify calico prod-eu",
        expect=("calico on prod-eu: healthy, 12 of 12 nodes", "66 of 66 BGP sessions Established"),
    ),
    Step(
        intro="Somebody removes TCP 179 from the security group of a node in staging. Every pod there stays 1/1 Ready.",
        who=BO, words="verify calico staging-eu", before=_close_port_179,
        expect=("1 of 5 nodes needs attention", "BGP sessions are down", "TCP 179"),
    ),
    Step(
        intro="Is everything that runs Calico fine?", who=BO, words="verify calico",
        expect=("2 of 3 clusters healthy", "edge: healthy", "staging-eu"),
    ),
    Step(
        intro="A cluster that runs the other driver says so.", who=ANA, words="verify calico dev-eu",
        expect=("dev-eu runs flannel, not calico",),
    ),
    Step(
        intro="Who did what? The audit log knows.", who=BO, words="audit",
        expect=("ana template create k8s-v1.29.5-flannel", "bo verify staging-eu", "5 events"),
    ),
    Step(
        intro="Ana wants dev-eu to run Calico. It is planned; press Approve as bo or dee in its thread, and watch it move.",
        who=ANA, words="migrate dev-eu --to calico --volumes reattach --soak 10s",
        expect=("Migrate dev-eu from flannel to calico: waits for approval", "objects are copied", "connections are cut"),
    ),
)  # fmt: skip


def play(world: World) -> bool:
    """Play every step and print it as a transcript; False if one did not give the expected answer."""
    started = time.monotonic()
    good = True
    for step in TOUR:
        step.before(world)
        good = _play(world, step) and good
    seconds = time.monotonic() - started
    click.echo(f"{'✅' if good else '❌'} tour of {len(TOUR)} steps in {seconds:.1f} s\n")
    return good


def _play(world: World, step: Step) -> bool:
    name = world.workspace.users[step.who].name
    click.echo(f"── {step.intro}")
    click.echo(f"{name} › /xk8s {step.words}")
    before = len(world.workspace.messages)
    world.loopback.run(world.workspace.command(step.who, SHOP, f"/xk8s {step.words}"))
    try:
        world.loopback.run(
            world.workspace.until(lambda: _answered(world, before), ANSWER_SECONDS), ANSWER_SECONDS + 5
        )
    except TimeoutError:
        click.echo("   ❌ no answer\n")
        return False
    said: list[str] = []
    for message in world.workspace.messages[before:]:
        for number, line in enumerate(plain.lines(message.blocks) or [message.text]):
            mark = "xk8s ‹ " if number == 0 and not message.thread else "       "
            indent = "    " if message.thread else ""
            click.echo(f"{mark}{indent}{_named(world, line)}")
            said.append(_named(world, line))
    text = " ".join(" ".join(said).split())
    missing = [wanted for wanted in step.expect if wanted not in text]
    for wanted in missing:
        click.echo(f"   ❌ expected “{wanted}”")
    click.echo()
    return not missing


def _answered(world: World, before: int) -> Message | None:
    """The root of an answer that has come to its end: it no longer shows that work goes on."""
    new = world.workspace.messages[before:]
    root = next((message for message in new if not message.thread), None)
    done = root is not None and not plain.lines(root.blocks)[0].startswith("⏳")
    return root if done else None


def _named(world: World, line: str) -> str:
    for user in world.workspace.users.values():
        line = line.replace(f"@{user.id}", f"@{user.name}")
    return line


def _stay(world: World, bot: subprocess.Popen[bytes]) -> None:
    click.echo(f"Open {world.slack_url} and type there, or try:  /xk8s help   (Ctrl-C ends everything)")
    with contextlib.suppress(KeyboardInterrupt):
        while bot.poll() is None:
            time.sleep(0.5)
        click.echo("the bot has ended", err=True)
